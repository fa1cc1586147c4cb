"""What of each layer takes time on a phone's cores: work by kind, in units that a coefficient turns into milliseconds.

Activations and batch norm that Paddle Lite merges into the convolution before them cost nothing of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import ceil, inf, isqrt, prod
from typing import Literal, get_args

from engine.graph.count import CONVOLUTIONS, op_macs
from engine.graph.graph import Graph, Op
from engine.latency.boxes import making

Kind = Literal[
    "pointwise",
    "winograd",
    "dense",
    "depthwise",
    "depthwise5",
    "transform",
    "traffic",
    "memory",
    "activation",
    "weights",
    "launch",
    "calib",
    "tap",
    "look",
    "exponent",
    "decode",
    "candidate",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Part = Literal["backbone", "neck", "rpn", "roi", "head", "post"]
PARTS: tuple[Part, ...] = get_args(Part)
ON_ONE_CORE: tuple[Kind, ...] = ("tap", "look", "exponent", "decode", "candidate")
"""What Paddle Lite's host kernels do on one core, however many threads it is given."""
Work = dict[Kind, float]
"""Multiply-accumulates in 10^9 for the convolutions, operations for `launch`, boxes in 10^3 for `candidate`, and 10^6
of anything else: elements moved, places that RoI pooling reads, scores looked at, numbers decoded."""

_PREFIXES: dict[str, Part] = {"backbone": "backbone", "neck": "neck", "rpn_head": "rpn"}
_FUSED = ("relu", "relu6", "leaky_relu")
_FREE = ("reshape2", "squeeze2", "unsqueeze2", "flatten_contiguous_range", "dropout", "assign", "shape")
# Registers of ARMv8's matrix kernel: 8 output channels by 12 places of the map at a time.
_ROWS, _COLUMNS = 8, 12
_LEAST_WINOGRAD = 16
# RoI pooling weighs four neighbours of each of 2 by 2 points.
_TAPS = 16
_TILES = 8


@dataclass(frozen=True)
class LayerWork:
    """One operation that takes time; `layer` is empty for one without weights."""

    layer: str
    part: Part
    work: Work
    int8: bool = False


def layer_works(graph: Graph, threads: int = 1, int8: Collection[str] = (), tail: bool = True) -> list[LayerWork]:
    """Every operation that takes time, in order; last what turns raw outputs into boxes, if `tail`.

    `int8` names the convolutions that are held in int8.
    """
    return [work for place, work in placed_works(graph, threads, int8) if tail or place is not None]


def placed_works(graph: Graph, threads: int = 1, int8: Collection[str] = ()) -> Iterator[tuple[int | None, LayerWork]]:
    """The same, each with the place of its operation in the graph; None for what makes boxes, which comes last."""
    yield from _operations(graph, threads, frozenset(int8))
    made = making(graph)
    work: Work = {
        "look": made.looked / 1e6,
        "exponent": made.exponents / 1e6,
        "activation": made.many / 1e6,
        "memory": made.moved / 1e6,
        "decode": made.decoded / 1e6,
        "candidate": made.candidates / 1e3,
        "launch": made.operations,
    }
    yield None, LayerWork("", "post", work)


def total(works: list[LayerWork]) -> tuple[Work, Work]:
    """The sum of all work by kind: of what is in float, and of what is in int8."""
    sums: tuple[Work, Work] = ({}, {})
    for entry in works:
        into = sums[entry.int8]
        for kind, amount in entry.work.items():
            into[kind] = into.get(kind, 0.0) + amount
    return sums


def _operations(graph: Graph, threads: int, int8: frozenset[str]) -> Iterator[tuple[int, LayerWork]]:
    part: Part = "backbone"
    convolved: set[str] = set()
    whole: set[str] = set()
    for place, op in enumerate(graph.ops):
        part = _part(op, part)
        merged = _is_merged(op, convolved)
        if op.layer in int8 or (merged and whole.issuperset(op.inputs)):
            convert = [name for name in op.inputs if name not in whole]
            whole.update(op.outputs)
        else:
            convert = [name for name in op.inputs if name in whole]
        if convert:
            yield place, _calib(graph, part, convert)
        if op.kind in CONVOLUTIONS:
            convolved.update(op.outputs)
            yield place, LayerWork(op.layer, part, convolution(graph, op, threads), op.layer in int8)
        elif op.kind == "batch_norm" and convolved.issuperset(op.inputs):
            convolved.update(op.outputs)
        else:
            if op.kind == "add":
                convolved.update(op.outputs)  # its kernel applies an activation too
            work = _linear(graph, op) if op.kind == "linear" else _other(graph, op, convolved)
            if work:
                yield place, LayerWork(op.layer, "roi" if "roi_align" in op.attributes["type"] else part, work)


def _is_merged(op: Op, convolved: set[str]) -> bool:
    """Whether an operation becomes part of the convolution before it."""
    normed = op.kind == "batch_norm"
    return (normed or op.attributes["type"] in _FUSED) and convolved.issuperset(op.inputs)


def _calib(graph: Graph, part: Part, names: list[str]) -> LayerWork:
    """What converts tensors between float and int8 before an operation."""
    return LayerWork("", part, {"calib": sum(prod(graph.tensors[name]) for name in names) / 1e6, "launch": 1})


def _part(op: Op, before: Part) -> Part:
    if not op.layer:
        return before
    if op.layer.startswith("neck.yolo_block"):
        return "head"  # PaddleDetection keeps most of YOLOv3's head in its neck
    return _PREFIXES.get(op.layer.split(".")[0], "head")


def convolution(graph: Graph, op: Op, threads: int = 1) -> Work:
    """The work of one convolution in float; in int8 it is the same, at another price."""
    output, source = graph.tensors[op.outputs[0]], graph.tensors[op.inputs[0]]
    weights = graph.parameters[op.parameters["weight"]]
    filters, per_group, height, width = weights
    moved = (prod(output) + prod(source)) / 1e6
    if op.kind == "depthwise_conv2d":
        kind: Kind = "depthwise" if height <= 3 else "depthwise5"
        return {kind: op_macs(graph, op) / 1e9, "memory": moved, "launch": 1}
    groups = int(op.attributes["groups"])
    places = output[2] * output[3]
    rows = groups * _up(filters // groups, _ROWS)
    macs = rows * _up(places, _COLUMNS) * per_group * height * width / 1e9
    if _is_winograd(op, weights):
        products, filtered = winograd(output[2], output[3], threads)
        return {
            "winograd": rows * per_group * products / 1e9,
            "transform": (filters + per_group) * products / 1e6,
            "weights": prod(weights) / 9 * filtered / 1e6,
            "launch": 1,
        }
    kind = "pointwise" if (height, width) == (1, 1) else "dense"
    return {kind: macs, "traffic": moved, "weights": prod(weights) / 1e6, "launch": 1}


def _is_winograd(op: Op, weights: tuple[int, ...]) -> bool:
    """Whether the kernel is one that Paddle Lite computes by Winograd's minimal filtering."""
    plain = all(list(op.attributes[name]) == [1, 1] for name in ("stride", "dilation"))
    wide = min(weights[0], weights[1]) >= _LEAST_WINOGRAD and op.attributes["groups"] == 1
    return plain and wide and tuple(weights[2:]) == (3, 3)


def winograd(height: int, width: int, threads: int) -> tuple[float, int]:
    """Products for each pair of channels that Winograd's filtering takes for a map, at least, and numbers per filter.

    Paddle Lite takes tiles of 2, 4 or 6 places a side, the larger ones where each thread has places enough; a tile's
    products are the square of its side and two. A larger map is never counted as less work than a smaller.
    """
    least = 0.0
    places = height * width
    for side, places_per_thread in ((2, 16 * _TILES), (4, 36 * _TILES), (6, inf)):
        filtered = (side + 2) ** 2
        if places < places_per_thread * threads:
            return max(ceil(height / side) * ceil(width / side) * filtered, least), filtered
        widest = isqrt(int(places_per_thread * threads) - 1)
        least = max(least, ceil(widest / side) ** 2 * filtered)
    raise AssertionError("the last tile takes every map")


def _linear(graph: Graph, op: Op) -> Work:
    weights = prod(graph.parameters[op.parameters["weight"]])
    rows = prod(graph.tensors[op.outputs[0]][:-1])
    work: Work = {"weights": weights / 1e6, "launch": 1}
    if rows > 1:
        work["pointwise"] = op_macs(graph, op) / 1e9
    return work


def _other(graph: Graph, op: Op, convolved: set[str]) -> Work | None:
    framework = op.attributes["type"]
    if framework in _FREE or not op.inputs:
        return None
    if op.kind == "activation" and framework in _FUSED and convolved.intersection(op.inputs):
        return None
    outputs = sum(prod(graph.tensors[name]) for name in op.outputs)
    inputs = sum(prod(graph.tensors[name]) for name in op.inputs)
    if op.kind == "activation":
        return {"activation": outputs / 1e6, "launch": 1}
    if "roi_align" in framework:
        return {"tap": outputs * _TAPS / 1e6, "launch": 1}
    return {"memory": (inputs + outputs) / 1e6, "launch": 1}


def _up(value: int, step: int) -> int:
    return ceil(value / step) * step
