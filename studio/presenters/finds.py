"""Boxes of two runs on one picture: which are shown at a threshold, and which of A are lost in B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OVERLAP = 0.5
"""Intersection over union from which two boxes of a class are the same find."""


@dataclass(frozen=True)
class Find:
    """A box that a run found: corners in pixels of the picture, score from 0 to 1."""

    class_id: int
    label: str
    score: float
    x1: float
    y1: float
    x2: float
    y2: float


def overlap(a: Find, b: Find) -> float:
    """Intersection over union of two boxes."""
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - both)


def shown(finds: Sequence[Find], threshold: float) -> list[Find]:
    """Those at or above the threshold."""
    return [find for find in finds if find.score >= threshold]


def lost(a: Sequence[Find], b: Sequence[Find]) -> list[Find]:
    """The boxes of A without a box of B of the same class on the same place; each of B answers for one."""
    free = sorted(b, key=lambda find: -find.score)
    gone = []
    for find in sorted(a, key=lambda find: -find.score):
        matches = [(overlap(find, other), place) for place, other in enumerate(free) if other.class_id == find.class_id]
        best, place = max(matches, default=(0.0, -1))
        if best >= OVERLAP:
            del free[place]
        else:
            gone.append(find)
    return gone
