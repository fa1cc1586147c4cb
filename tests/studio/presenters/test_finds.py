"""Boxes against what is really there."""

from __future__ import annotations

from engine.contract.dataset import Box, Picture
from studio.presenters.finds import Find, found_by, judged, truth_of
from studio.stores.previews.previews import BoxOnPicture

CLASSES = ("stop", "yield")


def truth(*boxes: Box) -> list[Find]:
    return truth_of(Picture(1, "a.png", 100, 100, "val", "", boxes), CLASSES)


def test_that_right_wrong_and_missed_are_told_apart() -> None:
    there = truth(Box(0, 0, 0, 10, 10), Box(1, 50, 50, 60, 60))
    right, twice = Find(0, "stop", 0.9, 0, 0, 10, 9), Find(0, "stop", 0.5, 0, 0, 9, 10)
    other = Find(0, "stop", 0.8, 50, 50, 60, 60)
    told = judged([right, twice, other], there)
    assert (told.right, told.wrong, told.missed) == ([right], [twice, other], [there[1]])


def test_that_difficult_objects_are_neither_missed_nor_wrong_to_find() -> None:
    there = truth(Box(0, 0, 0, 10, 10, difficult=True), Box(1, 50, 50, 60, 60, crowd=True))
    found = Find(0, "stop", 0.9, 0, 0, 10, 10)
    told = judged([found], there)
    assert (told.right, told.wrong, told.missed) == ([found], [], [])


def test_that_what_is_there_has_no_score() -> None:
    assert [(find.label, find.scored) for find in truth(Box(1, 0, 0, 5, 5))] == [("yield", False)]


def test_that_a_find_has_the_place_of_its_class() -> None:
    told = found_by([BoxOnPicture("yield", 0.5, 1, 2, 3, 4)], CLASSES)
    assert told == [Find(1, "yield", 0.5, 1, 2, 3, 4)]
