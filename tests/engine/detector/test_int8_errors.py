"""Which convolutions int8 hurts: each is measured alone, and the network is left as it was."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

from tests.engine.small_detectors import fresh, outputs_of, stir

KEY = "ssdlite_mobilenet_v3_small"
OUTLIER = "backbone.conv2"
"""A block with ReLU, which lets a factor through from before it to behind it."""


def images(count: int, size: int = 96) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(1, 3, size, size)).astype("float32") for _ in range(count)]


def test_that_a_layer_with_one_loud_channel_is_found_progress_told_and_nothing_changed() -> None:
    import paddle

    from engine.detector.change.int8_errors import int8_errors
    from engine.detector.change.quantisation import convolutions

    network, _ = fresh(KEY)
    stir(network)
    told: list[tuple[int, int]] = []
    before = int8_errors(network, images(1), lambda *place: told.append(place))
    assert told == [(number, len(before)) for number in range(1, len(before) + 1)]
    assert set(before) == set(convolutions(network)) and all(0 < error < 0.5 for error in before.values())

    layers = dict(network.named_sublayers())
    loud, quiet = layers[f"{OUTLIER}.expand_conv.bn"], layers[f"{OUTLIER}.bottleneck_conv.conv"]
    factor = np.ones(quiet.weight.shape[0], "float32")
    factor[0] = 300.0
    for parameter in (loud.weight, loud.bias):
        parameter.set_value(parameter * paddle.to_tensor(factor))
    # A channel that is dead on these pictures would not be loud.
    loud.bias.set_value(loud.bias + paddle.to_tensor((factor > 1).astype("float32") * 300))
    quiet.weight.set_value(quiet.weight / paddle.to_tensor(factor.reshape(-1, 1, 1, 1)))

    outputs = outputs_of(network)
    after = int8_errors(network, images(1))
    # Of a network that was never trained the head's own layers move the outputs most, whatever the backbone does.
    worse = {name: after[name] / error for name, error in before.items()}
    assert max(worse, key=lambda name: worse[name]) == f"{OUTLIER}.bottleneck_conv.conv"
    assert worse[f"{OUTLIER}.bottleneck_conv.conv"] > 5
    some = [f"{OUTLIER}.bottleneck_conv.conv", list(after)[-1]]
    assert int8_errors(network, images(1), only=some) == {name: after[name] for name in some}
    for ours, theirs in zip(outputs_of(network), outputs, strict=True):
        assert np.array_equal(ours, theirs)


def test_that_what_ran_before_a_layer_need_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.detector.change import int8_errors as module

    network, _ = fresh("picodet_xs")
    stir(network)
    # The head's convolutions run on four maps in turn.
    some = [name for name, _ in network.named_sublayers() if name.endswith(".conv") or "head_cls" in name][::12]
    quick = module.int8_errors(network, images(5), only=some)
    monkeypatch.setattr(module._Runs, "replayed_before", lambda self, name: contextlib.nullcontext())
    assert module.int8_errors(network, images(5), only=some) == quick != {}
    assert all("forward" not in vars(layer) for layer in network.sublayers())
