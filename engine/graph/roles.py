"""Which convolutions of a graph have a role of their own: first, depthwise, squeeze-and-excitation, outputs."""

from __future__ import annotations

from engine.graph.count import CONVOLUTIONS
from engine.graph.graph import Graph, Op


def convolutions(graph: Graph) -> list[Op]:
    """Every convolution in order of execution; one that runs on several maps is there as often."""
    return [op for op in graph.ops if op.kind in CONVOLUTIONS]


def first_convolution(graph: Graph) -> str:
    """Name of the convolution that sees the picture."""
    return convolutions(graph)[0].layer


def depthwise_convolutions(graph: Graph) -> set[str]:
    """Names of the convolutions that work on each channel by itself."""
    return {op.layer for op in convolutions(graph) if op.kind == "depthwise_conv2d"}


def squeeze_convolutions(graph: Graph) -> set[str]:
    """Names of the convolutions that work on means over whole maps, as those of squeeze-and-excitation blocks do."""
    means = {name for op in graph.ops if op.kind == "pool" and op.attributes.get("global") for name in op.outputs}
    found = set()
    for op in graph.ops:
        if op.kind in (*CONVOLUTIONS, "activation") and means.issuperset(op.inputs):
            means.update(op.outputs)
            found.add(op.layer)
    return found - {""}


def output_convolutions(graph: Graph) -> set[str]:
    """Names of the convolutions that no other convolution follows: those that give the head's raw outputs."""
    followed: set[str] = set()
    found = set()
    for op in reversed(graph.ops):
        if op.kind in CONVOLUTIONS and not followed.intersection(op.outputs):
            found.add(op.layer)
        if op.kind in CONVOLUTIONS or followed.intersection(op.outputs):
            followed.update(op.inputs)
    return found
