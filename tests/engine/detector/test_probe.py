"""Losses by the memory of a recorded run are those of really cutting the channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.detector.change.probe import Memory
from engine.detector.network.channels import Cut, slice_channels
from engine.detector.network.trace import trace
from engine.graph.groups import channel_groups
from tests.engine.small_detectors import fresh, stir

DETECTORS = ("yolov3_mobilenet_v3_large", "ssdlite_mobilenet_v3_small", "picodet_xs")


def _heads(network: Any, image: Any) -> list[Any]:
    import paddle

    from engine.detector.network.trace import Heads

    network.eval()
    with paddle.no_grad():
        return [output.numpy() for output in Heads(network)(image)]


@pytest.mark.parametrize("key", DETECTORS)
def test_that_outputs_equal_those_of_the_network_really_cut(key: str) -> None:
    import paddle

    network, config = fresh(key, 96, 3)
    stir(network)
    whole = {name: value.numpy() for name, value in network.state_dict().items()}
    groups = channel_groups(trace(network, dict(config))).groups
    some = [group for group in groups.values() if group.prunable and group.channels > 1]
    image = paddle.to_tensor(np.random.default_rng(0).normal(size=(2, 3, 96, 96)).astype(np.float32))
    memory = Memory(network)
    for group in (some[0], some[len(some) // 2], some[-1]):
        cut = Cut(group.id, group.channels, group.members, tuple(range(0, group.channels, 2)))
        with memory.installed():
            with memory.record():
                base = _heads(network, image)
            with memory.cut([cut]):
                quick = _heads(network, image)
            again = _heads(network, image)
        assert all(np.array_equal(one, other) for one, other in zip(base, again, strict=True))
        assert all(np.array_equal(value.numpy(), whole[name]) for name, value in network.state_dict().items())
        real, _ = fresh(key, 96, 3)
        real.set_state_dict(network.state_dict())
        slice_channels(real, [cut])
        assert all(np.array_equal(one, other) for one, other in zip(_heads(real, image), quick, strict=True))
        assert any(not np.array_equal(one, before) for one, before in zip(quick, base, strict=True))


@pytest.mark.parametrize("key", ["ssdlite_mobilenet_v3_small", "picodet_xs"])
def test_that_depthwise_convolutions_and_shortcuts_belong_to_groups(key: str) -> None:
    network, config = fresh(key, 96, 3)
    graph = trace(network, dict(config))
    groups = channel_groups(graph).groups.values()
    members = {member.parameter for group in groups for member in group.members}
    depthwise = {op.parameters["weight"] for op in graph.ops if op.kind == "depthwise_conv2d"}
    assert depthwise and depthwise <= members
    if key == "ssdlite_mobilenet_v3_small":
        # A group that several dense convolutions make is one that a shortcut holds together.
        ends = [
            [m for m in g.members if m.axis == 0 and m.parameter.endswith("linear_conv.conv.weight")] for g in groups
        ]
        assert max(map(len, ends)) > 1
