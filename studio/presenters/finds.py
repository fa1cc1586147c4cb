"""Boxes of two runs, or of a run and the ground truth, on one picture: which are shown, lost, and not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.dataset import Picture
from studio.stores.previews.previews import BoxOnPicture

OVERLAP = 0.5
"""Intersection over union from which two boxes of a class are the same find."""


@dataclass(frozen=True)
class Find:
    """A box that a run found, or that is really there: corners in pixels of the picture, score from 0 to 1.

    What is really there has no score to show (`scored`); where it is a crowd or difficult it counts neither as missed
    nor, if it is found, as wrong (`counts`).
    """

    class_id: int
    label: str
    score: float
    x1: float
    y1: float
    x2: float
    y2: float
    scored: bool = True
    counts: bool = True


def truth_of(picture: Picture, classes: Sequence[str]) -> list[Find]:
    """What is really there on a picture of the index."""
    return [
        Find(
            box.class_id,
            classes[box.class_id],
            1.0,
            box.x1,
            box.y1,
            box.x2,
            box.y2,
            scored=False,
            counts=not (box.difficult or box.crowd),
        )
        for box in picture.boxes
    ]


def found_by(answer: Sequence[BoxOnPicture], classes: Sequence[str]) -> list[Find]:
    """What a run found, whose detector knows these classes."""
    places = {name: place for place, name in enumerate(classes)}
    return [
        Find(places.get(box.label, 0), box.label, box.score, box.left, box.top, box.right, box.bottom) for box in answer
    ]


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


@dataclass(frozen=True)
class Judged:
    """A run's boxes against what is really there."""

    right: list[Find]
    wrong: list[Find]
    missed: list[Find]


def judged(found: Sequence[Find], truth: Sequence[Find]) -> Judged:
    """Which boxes are right, which are of nothing, and what was missed; what does not count is neither."""
    certain = [find for find in truth if find.counts]
    unmatched = {id(find) for find in lost(found, certain)}
    beyond = [find for find in truth if not find.counts]
    wrong = [
        find
        for find in found
        if id(find) in unmatched
        and not any(each.class_id == find.class_id and overlap(find, each) >= OVERLAP for each in beyond)
    ]
    false = {id(find) for find in wrong}
    return Judged([find for find in found if id(find) not in false], wrong, lost(certain, found))
