"""Multiply-accumulates and parameters of a graph, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from engine.graph.graph import Graph, Kind, Op

CONVOLUTIONS: tuple[Kind, ...] = ("conv2d", "depthwise_conv2d")


@dataclass(frozen=True)
class LayerCount:
    """One layer with weights: its multiply-accumulates on one picture, and its parameters with the bias."""

    layer: str
    kind: Kind
    macs: int
    params: int
    output: tuple[int, ...]


def conv_macs(graph: Graph) -> int:
    """Multiply-accumulates of all convolutions on one picture; adding a bias is not counted."""
    return sum(op_macs(graph, op) for op in graph.ops if op.kind in CONVOLUTIONS)


def macs(graph: Graph) -> int:
    """Multiply-accumulates of convolutions and fully connected layers on one picture."""
    return sum(op_macs(graph, op) for op in graph.ops)


def params(graph: Graph) -> int:
    """Elements of all that Paddle lists as parameters: weights, biases, all four of batch norm's vectors."""
    return sum(prod(shape) for shape in graph.parameters.values())


def layers(graph: Graph) -> list[LayerCount]:
    """Every convolution and fully connected layer in order of execution."""
    return [
        LayerCount(
            layer=op.layer,
            kind=op.kind,
            macs=op_macs(graph, op),
            params=sum(prod(graph.parameters[name]) for name in op.parameters.values()),
            output=graph.tensors[op.outputs[0]],
        )
        for op in graph.ops
        if op.kind in CONVOLUTIONS or op.kind == "linear"
    ]


def roi_count(graph: Graph) -> int | None:
    """Regions that the fully connected layers of a two-stage detector's box head run on; None without such a head."""
    rows = [graph.tensors[op.outputs[0]][0] for op in graph.ops if op.kind == "linear"]
    return max(rows, default=1) if max(rows, default=1) > 1 else None


def op_macs(graph: Graph, op: Op) -> int:
    """Multiply-accumulates of one operation; 0 for what is neither convolution nor fully connected."""
    if op.kind in CONVOLUTIONS:
        return prod(graph.tensors[op.outputs[0]]) * prod(graph.parameters[op.parameters["weight"]][1:])
    if op.kind == "linear":
        return prod(graph.tensors[op.outputs[0]]) * graph.parameters[op.parameters["weight"]][0]
    return 0
