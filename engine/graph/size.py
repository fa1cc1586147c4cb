"""How large a network's `.nb` file will be, estimated from its graph.

A file of Paddle Lite 2.13 is its weights, which are known to the byte, and the program with its attributes, which is
not: the shares below span what was seen of all detectors, pruned or not, in fp32 and in int8.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod

from engine.graph.graph import Graph
from engine.graph.roles import convolutions

Range = tuple[float, float]

# Bytes of program for each operation, of head for each layer's weights, of program for each layer in int8, which has
# conversions before and after it. A scale for each of its channels is in the program too.
OP_BYTES: Range = (650, 1100)
LAYER_BYTES: Range = (230, 300)
INT8_LAYER_BYTES: Range = (600, 1400)
SCALE_BYTES = 4
# What turns raw outputs into boxes is no part of the graph: decoding and suppression of overlaps ...
TAIL_BYTES: Range = (5_000, 11_000)
# ... and all that happens to proposals, seen of Faster and Cascade R-CNN at 96 and 320 px.
TWO_STAGE_BYTES: Range = (200_000, 300_000)


@dataclass(frozen=True)
class Size:
    """Bytes: the middle of what is likely, and the bounds."""

    value: int
    low: int
    high: int


def nb_size(graph: Graph, int8: Collection[str] = (), spare: int = 0) -> Size:
    """The size of the exported file, with the convolutions called `int8` in int8 and all else in float.

    Of those some may yet stay float, of `spare` bytes together: that widens the bounds, but not the value, since it is
    most often a few small ones.

    In a file with int8 the weights of the other convolutions are stored in 8 bits too where that does little harm
    (engine.lite.packing), which is measured when it is made: `low` has all of them packed and `high` none.
    """
    weights = {op.layer: graph.parameters[op.parameters["weight"]] for op in convolutions(graph)}
    known = 0
    for shape in weights.values():
        # Batch norm is merged into the convolution, which leaves a bias for each filter.
        known += prod(shape) * (1 if int8 else 4) + 4 * shape[0]
        known += SCALE_BYTES * shape[0] if int8 else 0
    heads = {op.layer: graph.parameters[op.parameters["weight"]] for op in graph.ops if op.kind == "linear"}
    for shape in heads.values():
        known += 4 * prod(shape) + 4 * shape[1]
    quantised = sum(layer in int8 for layer in weights)
    parts = (
        (TWO_STAGE_BYTES if heads else TAIL_BYTES, 1),
        (OP_BYTES, len(graph.ops)),
        (LAYER_BYTES, len(weights) + len(heads)),
        (INT8_LAYER_BYTES, quantised),
    )
    low, high = (known + sum(round(span[end] * count) for span, count in parts) for end in (0, 1))
    if int8:
        high += sum(unpacked(shape) for layer, shape in weights.items() if layer not in int8)
    value = (low + high) // 2
    if spare:
        low -= round(INT8_LAYER_BYTES[0] * quantised)
    return Size(value, low, high + spare)


def unpacked(shape: Sequence[int]) -> int:
    """The bytes that a weight takes in float beyond those in 8 bits, which have a scale for each filter."""
    return max(0, 3 * prod(shape) - SCALE_BYTES * shape[0])
