from __future__ import annotations

import dataclasses
from collections import OrderedDict

import numpy as np
import pytest

from engine.detector.network.counts import count_by_hooks
from engine.detector.network.trace import trace
from engine.graph import count
from engine.graph.graph import Graph
from engine.techniques.filter_prune import FilterPrune
from tests.engine.small_detectors import KEYS, context_of, fresh, graph_of, shapes_of, stir

PUBLISHED = {
    "yolov3_mobilenet_v3_large": (5277108576, 23646099),
    "ssdlite_mobilenet_v3_large": (527828448, 3427878),
    "ssdlite_mobilenet_v3_small": (176268192, 1939502),
    "yolov3_mobilenet_v1": (6138624000, 24609981),
    "picodet_xs": (330749549, 719438),
}


@pytest.mark.parametrize("key", KEYS)
def test_graph_counts_what_the_published_detector_and_the_hooks_count(key: str) -> None:
    network, config = fresh(key, 320, 80)
    graph = trace(network, config)
    counted = (count.macs(graph), count.conv_macs(graph), count.params(graph))
    assert counted[1:] == PUBLISHED[key]
    assert counted == count_by_hooks(network, config)


def test_layer_table_sums_to_the_whole() -> None:
    graph = graph_of("ssdlite_mobilenet_v3_small")
    table = count.layers(graph)
    assert sum(row.macs for row in table) == count.macs(graph)
    assert {row.kind for row in table} == {"conv2d", "depthwise_conv2d"}
    stem = table[0]
    assert (stem.layer, stem.output, stem.params) == ("backbone.conv1.conv", (1, 16, 48, 48), 16 * 3 * 9)
    assert stem.macs == 48 * 48 * stem.params


def test_biases_are_folded_into_their_convolutions() -> None:
    graph = graph_of("ssdlite_mobilenet_v3_small")
    squeeze = next(op for op in graph.ops if op.layer == "backbone.conv2.mid_se.conv1")
    assert squeeze.parameters["bias"] == "backbone.conv2.mid_se.conv1.bias"


def test_ops_are_in_order_and_all_parameters_are_read() -> None:
    for key in KEYS:
        graph = graph_of(key)
        known = set(graph.inputs)
        for op in graph.ops:
            assert known.issuperset(op.inputs)
            known.update(op.outputs)
        assert known.issuperset(graph.outputs)
        assert not any(op.kind == "other" for op in graph.ops)
        assert {name for op in graph.ops for name in op.parameters.values()} == set(graph.parameters)


def test_json_gives_the_same_graph_back() -> None:
    graph = graph_of("yolov3_mobilenet_v3_large")
    assert dataclasses.asdict(Graph.from_json(graph.to_json())) == dataclasses.asdict(graph)


def test_json_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format"):
        Graph.from_json(graph_of("ssdlite_mobilenet_v3_small").to_json().replace('"format": 1', '"format": 0'))


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No structure was traced before."""
    monkeypatch.setattr("engine.detector.network.trace._traced", OrderedDict())


@pytest.mark.usefixtures("nothing_known")
def test_tracing_leaves_the_network_as_it_was() -> None:
    network, config = fresh("ssdlite_mobilenet_v3_small")
    network.backbone.conv2.eval()
    modes = [layer.training for layer in network.sublayers(include_self=True)]
    before = {name: (p, p.name, p.numpy()) for name, p in network.named_parameters()}
    forward = network.forward
    trace(network, config)
    assert [layer.training for layer in network.sublayers(include_self=True)] == modes
    assert network.forward == forward
    for name, parameter in network.named_parameters():
        same, label, value = before[name]
        assert parameter is same
        assert parameter.name == label
        assert np.array_equal(parameter.numpy(), value)


@pytest.mark.usefixtures("nothing_known")
def test_two_builds_trace_to_the_same_graph() -> None:
    network, config = fresh("ssdlite_mobilenet_v3_small")
    again = trace(network, config)
    assert again.parameters == shapes_of(network)
    assert dataclasses.asdict(again) == dataclasses.asdict(graph_of("ssdlite_mobilenet_v3_small"))


@pytest.mark.usefixtures("nothing_known")
def test_a_structure_is_traced_once_whatever_its_weights_and_another_one_anew() -> None:
    network, config = fresh("ssdlite_mobilenet_v3_small")
    whole = trace(network, config)
    stirred, _ = fresh("ssdlite_mobilenet_v3_small")
    stir(stirred)
    assert trace(stirred, config) is whole
    FilterPrune({"ratio": 0.5}).transform(network, context_of("ssdlite_mobilenet_v3_small"))
    cut = trace(network, config)
    assert cut.parameters == shapes_of(network) != whole.parameters
    larger, at_larger = fresh("ssdlite_mobilenet_v3_small", 160)
    assert trace(larger, at_larger).size == (160, 160)
    assert trace(stirred, config) is whole
