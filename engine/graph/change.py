"""Changes the number of channels of a graph: what a preview of pruning computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.graph.graph import Graph, Op, Shape
from engine.graph.groups import channel_groups


def left_of(channels: int, ratio: float, align: int = 1, floor: int = 1) -> int:
    """How many of a group's channels a ratio leaves: a multiple of `align`, at least `floor` and one.

    Rounded as PaddleSlim rounds, so that the same ratios give the same network.
    """
    kept = channels - min(channels - 1, int(round(channels * ratio)))
    if kept == channels:
        return channels
    kept = max(align, round(kept / align) * align)
    return int(min(channels, max(kept, floor)))


def keep(graph: Graph, kept: Mapping[str, int]) -> Graph:
    """The graph with `kept[id]` channels left in each named group; pure, milliseconds.

    Raises ValueError for an unknown or locked group and for a number outside 1..channels.
    """
    analysis = channel_groups(graph)
    removed = {"": 0} | dict.fromkeys(analysis.groups, 0)
    for name, count in kept.items():
        group = analysis.groups.get(name)
        if group is None or not group.prunable or not 1 <= count <= group.channels:
            raise ValueError(f"cannot keep {count} channels of {name}")
        removed[name] = group.channels - count
    tensors = dict(graph.tensors)
    for name, ids in analysis.tensors.items():
        tensors[name] = _shrink(tensors[name], 1, sum(removed[id] for id in ids))
    parameters = dict(graph.parameters)
    for (name, axis), ids in analysis.parameters.items():
        parameters[name] = _shrink(parameters[name], axis, sum(removed[id] for id in ids))
    ops = tuple(_regroup(op, graph.parameters, parameters) for op in graph.ops)
    return replace(graph, ops=ops, tensors=tensors, parameters=parameters)


def _shrink(shape: Shape, axis: int, by: int) -> Shape:
    return shape[:axis] + (shape[axis] - by,) + shape[axis + 1 :] if by else shape


def _regroup(op: Op, before: Mapping[str, Shape], after: Mapping[str, Shape]) -> Op:
    """A depthwise convolution keeps as many filters for each channel as it has."""
    if op.kind != "depthwise_conv2d":
        return op
    times = before[op.parameters["weight"]][0] // op.attributes["groups"]
    return replace(op, attributes={**op.attributes, "groups": after[op.parameters["weight"]][0] // times})
