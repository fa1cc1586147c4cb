"""What turns a detector's raw outputs into boxes, as work: decoding, and suppression of overlaps.

Paddle Lite does it in kernels of its host side, on one core whatever the threads are. A YOLOv3 computes four numbers
and all classes only where an object is likely; what it does everywhere is to look. So places, classes, boxes above the
threshold and boxes kept are different work, and none of it hangs on how wide the head is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from engine.graph.graph import Graph

Shape = tuple[int, ...]
_ANCHORS = 3
_ABOVE, _CLASSES_ABOVE = 0.02, 9
"""Share of the boxes that are above the threshold (0.005 to 0.05) in a picture like those trained on, and of how many
classes each is then, where there are as many."""
_SSD_ABOVE = 1.2
"""Scores above the threshold for each box of an SSD: one that is of no class has a little of each."""
_PROPOSED = 3
"""How many times as many proposals of a map are compared as are handed on of all."""


@dataclass(frozen=True)
class Making:
    """How much there is to do: scores `looked` at by suppression; `exponents` computed one by one, and numbers
    `decoded` in the same way if every box were above the threshold; exponentials computed in vectors (`many`); numbers
    `moved` by transposes and joins; `candidates` that are sorted and compared with boxes kept; and operations."""

    looked: float = 0.0
    exponents: float = 0.0
    decoded: float = 0.0
    many: float = 0.0
    moved: float = 0.0
    candidates: float = 0.0
    operations: int = 0


def making(graph: Graph) -> Making:
    """What there is to do after a graph; which family it is of is told by the shapes of its outputs."""
    shapes = [graph.tensors[name] for name in graph.outputs]
    ranks = {len(shape) for shape in shapes}
    if ranks == {3}:
        return _of_priors(shapes)
    if ranks == {2, 4}:
        return _of_proposals(shapes)
    if ranks == {4} and len(shapes) % 3 == 0 and all(shape[1] == 1 for shape in shapes[2::3]):
        return _of_distances(shapes)
    if ranks == {4}:
        return _of_anchors(shapes)
    return Making(looked=sum(map(prod, shapes)), operations=1)


def _of_anchors(shapes: list[Shape]) -> Making:
    """YOLOv3: maps of (4 + 1 + classes) numbers for each of three boxes of a place."""
    boxes = numbers = candidates = 0.0
    for _, channels, height, width in shapes:
        here, classes = _ANCHORS * height * width, max(channels / _ANCHORS - 5, 1.0)
        boxes += here
        numbers += here * classes
        candidates += _ABOVE * min(_CLASSES_ABOVE, classes) * here
    return Making(
        looked=numbers,
        exponents=boxes,
        decoded=numbers + 4 * boxes,
        moved=3 * (numbers + 4 * boxes),  # cleared, joined
        candidates=candidates,
        operations=3 * len(shapes) + 3,
    )


def _of_priors(shapes: list[Shape]) -> Making:
    """SSD: boxes by map, then scores by map, of which the first class is the background."""
    scores = shapes[len(shapes) // 2 :]
    boxes, numbers = sum(shape[1] for shape in scores), sum(map(prod, scores))
    return Making(
        looked=numbers - boxes,
        exponents=2 * boxes,
        many=2 * numbers,
        moved=4 * numbers + 8 * boxes,
        candidates=min(_SSD_ABOVE * boxes, numbers - boxes),
        operations=len(scores) + 6,
    )


def _of_distances(shapes: list[Shape]) -> Making:
    """PicoDet: classes, distances to four sides as distributions, and alignment, for each map."""
    classes, distances, places = (sum(map(prod, shapes[first::3])) for first in range(3))
    return Making(
        looked=classes,
        many=2 * classes + places + 2 * distances,
        moved=6 * classes + 2 * distances + 8 * places,
        candidates=_ABOVE * min(_CLASSES_ABOVE * places, classes),
        operations=7 * len(shapes) // 3 + 4,
    )


def _of_proposals(shapes: list[Shape]) -> Making:
    """Two stages: scores and offsets of the RPN by map, then scores and offsets of each box head by region."""
    maps, heads = ([shape for shape in shapes if len(shape) == rank] for rank in (4, 2))
    boxes = [prod(shape) for shape in maps[::2]]
    regions, classes = heads[-2]
    proposed = sum(min(one, _PROPOSED * regions) for one in boxes)
    offsets = sum(map(prod, heads[1::2]))
    return Making(
        looked=sum(boxes) + regions * classes,
        exponents=sum(boxes) + 2 * proposed + offsets / 2,
        many=2 * sum(map(prod, heads[::2])),
        moved=12 * sum(boxes) + 4 * offsets,
        candidates=proposed + regions,
        operations=4 * len(maps) + 6 * len(heads),
    )
