"""Where tags are written beside marks so that none covers another, a mark, or the edge of the plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
SAME = 4.0
"""Pixels within which marks lie on each other: they share a tag."""
RINGS = (18.0, 30.0, 44.0, 60.0, 78.0)
"""Pixels from a mark to the nearest edge of its tag, tried one after the other."""
_AROUND = ((0, -1), (1, 0), (0, 1), (-1, 0), (0.75, -0.75), (-0.75, -0.75), (0.75, 0.75), (-0.75, 0.75))


@dataclass(frozen=True)
class Box:
    """A rectangle of the screen: y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        across = self.left < other.left + other.width and other.left < self.left + self.width
        return across and self.top < other.top + other.height and other.top < self.top + self.height

    def inside(self, other: Box) -> bool:
        """Whether it lies in another one."""
        across = other.left <= self.left and self.left + self.width <= other.left + other.width
        return across and other.top <= self.top and self.top + self.height <= other.top + other.height


def shared(points: Sequence[Point]) -> list[list[int]]:
    """Places of points that lie on each other, in groups, in the order told."""
    groups: list[list[int]] = []
    for place, (x, y) in enumerate(points):
        for group in groups:
            if abs(points[group[0]][0] - x) <= SAME and abs(points[group[0]][1] - y) <= SAME:
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def tag_places(points: Sequence[Point], sizes: Sequence[Point], plot: Box, radius: float) -> list[tuple[Box, bool]]:
    """A box for the tag of each point, of its size; and whether it is so far off that a line should lead to it.

    Where there is no free place at all, the tag stands above its mark and is no worse off than any other.
    """
    marks = [Box(x - radius, y - radius, 2 * radius, 2 * radius) for x, y in points]
    placed: list[Box] = []
    found = []
    for place, (point, size) in enumerate(zip(points, sizes, strict=True)):
        others = [*(mark for number, mark in enumerate(marks) if number != place), *placed]
        box, far = _free(point, size, plot, others)
        placed.append(box)
        found.append((box, far))
    return found


def _free(point: Point, size: Point, plot: Box, taken: Sequence[Box]) -> tuple[Box, bool]:
    for ring, away in enumerate(RINGS):
        for across, down in _AROUND:
            box = _beside(point, size, away, across, down)
            if box.inside(plot) and not any(box.meets(other) for other in taken):
                return box, ring > 0
    return _beside(point, size, RINGS[0], 0, -1), False


def _beside(point: Point, size: Point, away: float, across: float, down: float) -> Box:
    x = point[0] + across * (away + size[0] / 2)
    y = point[1] + down * (away + size[1] / 2)
    return Box(x - size[0] / 2, y - size[1] / 2, size[0], size[1])
