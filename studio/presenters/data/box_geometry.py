"""Boxes that are moved, pulled and drawn on a picture: edges left, top, right, bottom in its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Edges = tuple[float, float, float, float]
Place = tuple[float, float]
Handle = Literal["nw", "n", "ne", "e", "se", "s", "sw", "w"]
HANDLES: tuple[Handle, ...] = ("nw", "ne", "se", "sw", "n", "e", "s", "w")
"""Corners first: where a box is so small that handles lie on each other, a corner is taken hold of."""
LEAST = 1.0
"""A box that is pulled together stays so many pixels wide and high."""
DRAWN = 3.0
"""What is drawn smaller than this was a click."""


def moved(edges: Edges, by: Place, size: Place) -> Edges:
    """The box moved by whole pixels, as far as the edge of the picture lets it; its size stays."""
    x1, y1, x2, y2 = edges
    right, down = _held(round(by[0]), -x1, size[0] - x2), _held(round(by[1]), -y1, size[1] - y2)
    return x1 + right, y1 + down, x2 + right, y2 + down


def resized(edges: Edges, handle: Handle, by: Place, size: Place) -> Edges:
    """The box with the edges of a handle moved to whole pixels; it stays in the picture and keeps an area."""
    x1, y1, x2, y2 = edges
    if "w" in handle:
        x1 = _held(round(x1 + by[0]), 0.0, x2 - LEAST)
    if "e" in handle:
        x2 = _held(round(x2 + by[0]), x1 + LEAST, size[0])
    if "n" in handle:
        y1 = _held(round(y1 + by[1]), 0.0, y2 - LEAST)
    if "s" in handle:
        y2 = _held(round(y2 + by[1]), y1 + LEAST, size[1])
    return x1, y1, x2, y2


def drawn(start: Place, end: Place, size: Place) -> Edges | None:
    """The box between two corners, whole pixels inside the picture; None where it is too small to be meant."""
    xs = sorted(_held(round(x), 0.0, size[0]) for x in (start[0], end[0]))
    ys = sorted(_held(round(y), 0.0, size[1]) for y in (start[1], end[1]))
    if xs[1] - xs[0] < DRAWN or ys[1] - ys[0] < DRAWN:
        return None
    return xs[0], ys[0], xs[1], ys[1]


def below(boxes: Sequence[Edges], place: Place) -> list[int]:
    """The boxes that a place lies in, by their numbers, the smallest first."""
    found = [number for number, (x1, y1, x2, y2) in enumerate(boxes) if x1 <= place[0] <= x2 and y1 <= place[1] <= y2]
    return sorted(found, key=lambda number: area(boxes[number]))


def handle_at(edges: Edges, place: Place, reach: Place) -> Handle | None:
    """The handle within `reach` of a place, across and down."""
    for handle in HANDLES:
        x, y = handle_place(edges, handle)
        if abs(x - place[0]) <= reach[0] and abs(y - place[1]) <= reach[1]:
            return handle
    return None


def handle_place(edges: Edges, handle: Handle) -> Place:
    """Where a handle lies: at a corner, or in the middle of an edge."""
    x1, y1, x2, y2 = edges
    x = x1 if "w" in handle else x2 if "e" in handle else (x1 + x2) / 2
    y = y1 if "n" in handle else y2 if "s" in handle else (y1 + y2) / 2
    return x, y


def area(edges: Edges) -> float:
    """Square pixels."""
    return (edges[2] - edges[0]) * (edges[3] - edges[1])


def _held(value: float, least: float, most: float) -> float:
    """The value within bounds; where they cross, for a box as large as its picture, the lower one."""
    return max(least, min(float(value), most))
