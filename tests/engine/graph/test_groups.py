from __future__ import annotations

import re
from typing import Any

import pytest

from engine.graph.change import keep
from engine.graph.count import conv_macs, params
from engine.graph.graph import Graph, Kind, Op, Shape
from engine.graph.groups import Member, channel_groups
from tests.engine.small_detectors import KEYS, graph_of


class Sketch:
    """Writes small graphs by hand: every map is 4 x 4, every convolution 1 x 1."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.tensors: dict[str, Shape] = {"image": (1, 3, 4, 4)}
        self.parameters: dict[str, Shape] = {}

    def op(self, kind: Kind, out: str, inputs: list[str], channels: int, **attributes: Any) -> str:
        self.tensors[out] = (1, channels, 4, 4)
        self.ops.append(Op(kind, tuple(inputs), (out,), {}, {"type": kind} | attributes))
        return out

    def conv(self, layer: str, source: str, filters: int, groups: int = 1, weight: str = "") -> str:
        wide = self.tensors[source][1]
        name = weight or f"{layer}.weight"
        self.parameters[name] = (filters, wide // groups, 1, 1)
        self.tensors[layer] = (1, filters, 4, 4)
        kind: Kind = "depthwise_conv2d" if groups == wide and groups > 1 else "conv2d"
        self.ops.append(Op(kind, (source,), (layer,), {"weight": name}, {"type": kind, "groups": groups}))
        return layer

    def graph(self, *outputs: str) -> Graph:
        return Graph(tuple(self.ops), ("image",), outputs, self.tensors, self.parameters)


def test_concat_gives_each_group_its_offset_in_the_consumer() -> None:
    s = Sketch()
    a, b = s.conv("a", "image", 5), s.conv("b", "image", 7)
    joined = s.op("concat", "joined", [a, b], 12, axis=1)
    graph = s.graph(s.conv("head", joined, 4))
    groups = channel_groups(graph).groups
    assert groups["a"].members == (Member("a.weight", 0, 0), Member("head.weight", 1, 0))
    assert groups["b"].members == (Member("b.weight", 0, 0), Member("head.weight", 1, 5))
    assert groups["a"].consumers == ("head",)
    assert (groups["head"].locked, groups["a"].locked) == ("graph.output", "")
    cut = keep(graph, {"a": 2, "b": 3})
    assert cut.parameters["head.weight"] == (4, 5, 1, 1)
    assert cut.tensors["joined"] == (1, 5, 4, 4)
    assert conv_macs(cut) == 16 * (2 * 3 + 3 * 3 + 4 * 5)


def test_concat_of_the_same_channels_twice_loses_them_twice() -> None:
    s = Sketch()
    a = s.conv("a", "image", 5)
    joined = s.op("concat", "joined", [a, s.op("pool", "pooled", [a], 5)], 10, axis=1)
    graph = s.graph(s.conv("head", joined, 4))
    members = channel_groups(graph).groups["a"].members
    assert members == (Member("a.weight", 0, 0), Member("head.weight", 1, 0), Member("head.weight", 1, 5))
    assert keep(graph, {"a": 4}).parameters["head.weight"] == (4, 8, 1, 1)


def test_sum_ties_its_operands_together() -> None:
    s = Sketch()
    a = s.conv("a", "image", 6)
    graph = s.graph(s.conv("head", s.op("add", "sum", [s.conv("b", a, 6), a], 6), 2))
    group = channel_groups(graph).groups["a"]
    assert group.producers == ("a", "b")
    assert ("b.weight", 0) in [(m.parameter, m.axis) for m in group.members]
    assert keep(graph, {"a": 1}).parameters["b.weight"] == (1, 1, 1, 1)


def test_sums_of_concatenations_tie_part_by_part() -> None:
    s = Sketch()
    a, b, c, d = (s.conv(name, "image", n) for name, n in (("a", 2), ("b", 3), ("c", 2), ("d", 3)))
    left = s.op("concat", "left", [a, b], 5, axis=1)
    right = s.op("concat", "right", [c, d], 5, axis=1)
    groups = channel_groups(s.graph(s.conv("head", s.op("add", "sum", [left, right], 5), 2))).groups
    assert groups["a"].producers == ("a", "c")
    assert groups["b"].producers == ("b", "d")
    assert Member("head.weight", 1, 2) in groups["b"].members


def test_depthwise_convolution_follows_and_keeps_a_filter_per_channel() -> None:
    s = Sketch()
    graph = s.graph(s.conv("head", s.conv("dw", s.conv("a", "image", 6), 6, groups=6), 2))
    cut = keep(graph, {"a": 4})
    depthwise = next(op for op in cut.ops if op.layer == "dw")
    assert depthwise.attributes["groups"] == 4
    assert cut.parameters["dw.weight"] == (4, 1, 1, 1)
    assert "dw" not in channel_groups(graph).groups


def test_layer_used_on_two_maps_ties_their_channels() -> None:
    s = Sketch()
    a, b = s.conv("a", "image", 6), s.conv("b", "image", 6)
    one = s.conv("shared", a, 4)
    two = s.conv("again", b, 4, weight="shared.weight")
    groups = channel_groups(s.graph(s.conv("p", one, 2), s.conv("q", two, 2))).groups
    assert groups["a"].producers == ("a", "b")
    assert groups["shared"].consumers == ("p", "q")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("reshape", "graph.reshape"),
        ("transpose", "graph.transpose"),
        ("split", "graph.split"),
        ("linear", "graph.linear"),
        ("other", "graph.other"),
    ],
)
def test_channels_that_cannot_be_followed_are_locked(kind: Kind, reason: str) -> None:
    s = Sketch()
    out = s.op(kind, "out", [s.conv("a", "image", 6)], 6, axis=1)
    graph = s.graph(s.conv("head", out, 2))
    assert channel_groups(graph).groups["a"].locked == reason
    with pytest.raises(ValueError, match="a"):
        keep(graph, {"a": 3})


def test_sum_of_parts_that_do_not_match_is_locked() -> None:
    s = Sketch()
    a, b, c = s.conv("a", "image", 2), s.conv("b", "image", 3), s.conv("c", "image", 5)
    joined = s.op("concat", "joined", [a, b], 5, axis=1)
    groups = channel_groups(s.graph(s.conv("head", s.op("add", "sum", [joined, c], 5), 2))).groups
    assert {groups[name].locked for name in "abc"} == {"graph.misaligned"}


def test_grouped_convolutions_lock_both_sides() -> None:
    s = Sketch()
    graph = s.graph(s.conv("head", s.conv("grouped", s.conv("a", "image", 6), 4, groups=2), 2))
    groups = channel_groups(graph).groups
    assert (groups["a"].locked, groups["grouped"].locked) == ("graph.grouped", "graph.grouped")


def test_depthwise_convolution_that_makes_two_channels_of_each_goes_with_them() -> None:
    s = Sketch()
    graph = s.graph(s.conv("head", s.conv("dw", s.conv("a", "image", 6), 12, groups=6), 2))
    analysis = channel_groups(graph)
    assert set(analysis.groups) == {"a", "head"} and analysis.groups["a"].prunable
    expected = (Member("a.weight", 0, 0), Member("dw.weight", 0, 0, 2), Member("head.weight", 1, 0, 2))
    assert analysis.groups["a"].members == expected
    cut = keep(graph, {"a": 4})
    assert [cut.parameters[f"{name}.weight"][:2] for name in ("a", "dw", "head")] == [(4, 3), (8, 1), (2, 8)]
    assert next(op for op in cut.ops if op.layer == "dw").attributes["groups"] == 4


def test_channels_of_which_several_follow_are_locked_where_others_are_added() -> None:
    s = Sketch()
    two, b = s.conv("dw", s.conv("a", "image", 6), 12, groups=6), s.conv("b", "image", 12)
    groups = channel_groups(s.graph(s.conv("head", s.op("add", "sum", [two, b], 12), 2))).groups
    assert {groups[name].locked for name in "ab"} == {"graph.grouped"}


@pytest.mark.parametrize("count", [0, 7])
def test_impossible_numbers_of_channels_are_refused(count: int) -> None:
    s = Sketch()
    graph = s.graph(s.conv("head", s.conv("a", "image", 6), 2))
    with pytest.raises(ValueError, match="a"):
        keep(graph, {"a": count})


def test_keeping_all_channels_changes_nothing() -> None:
    for key in KEYS:
        graph = graph_of(key)
        groups = channel_groups(graph).groups
        same = keep(graph, {name: group.channels for name, group in groups.items() if group.prunable})
        assert (same.ops, same.tensors, same.parameters) == (graph.ops, graph.tensors, graph.parameters)


def test_detectors_lock_their_predictions_alone_and_what_feeds_grouped_layers() -> None:
    for key in KEYS:
        for group in channel_groups(graph_of(key)).groups.values():
            predicts = re.match(r"(yolo|ssd)_head\.|head\.(head_|cls_align\.\d\.pw)", group.id) is not None
            assert predicts == (group.locked in ("graph.output", "graph.transpose"))


def test_transition_of_yolov3_lies_before_the_backbone_in_the_joined_map() -> None:
    groups = channel_groups(graph_of("yolov3_mobilenet_v3_large")).groups
    consumer = "neck.yolo_block.1.conv_module.conv0.conv.weight"
    assert Member(consumer, 1, 0) in groups["neck.yolo_transition.0.conv"].members
    assert Member(consumer, 1, 256) in groups["backbone.conv12.linear_conv.conv"].members


def test_pruning_twice_equals_pruning_once() -> None:
    graph = graph_of("yolov3_mobilenet_v1")
    groups = [group for group in channel_groups(graph).groups.values() if group.prunable]
    once = keep(graph, {group.id: group.channels // 4 for group in groups})
    half = keep(graph, {group.id: group.channels // 2 for group in groups})
    twice = keep(half, {group.id: group.channels // 4 for group in groups})
    assert (once.parameters, once.tensors, once.ops) == (twice.parameters, twice.tensors, twice.ops)
    assert params(once) < params(half) < params(graph)
