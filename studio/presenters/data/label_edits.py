"""What is done to the labels of a picture, one change at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from engine.contract.labels import LabelBox
from studio.presenters.data.box_geometry import Edges

Boxes = tuple[LabelBox, ...]
Mark = Literal["difficult", "crowd"]


def with_edges(boxes: Boxes, number: int, edges: Edges) -> Boxes:
    """One box lies elsewhere."""
    return _with(boxes, number, boxes[number].model_copy(update={"box": edges}))


def renamed(boxes: Boxes, number: int, name: str) -> Boxes:
    """One box is of another class."""
    return _with(boxes, number, boxes[number].model_copy(update={"name": name}))


def marked(boxes: Boxes, number: int, mark: Mark, on: bool) -> Boxes:
    """One box is marked, or no longer."""
    return _with(boxes, number, boxes[number].model_copy(update={mark: on}))


def without(boxes: Boxes, number: int) -> Boxes:
    """One box less."""
    return boxes[:number] + boxes[number + 1 :]


def added(boxes: Boxes, name: str, edges: Edges) -> Boxes:
    """One box more, the last."""
    return (*boxes, LabelBox(name=name, box=edges))


def class_of_key(text: str, classes: Sequence[str]) -> str | None:
    """The class that a digit stands for: 1 for the first; None where there is no such class."""
    if len(text) != 1 or text not in "123456789":
        return None
    place = int(text) - 1
    return classes[place] if place < len(classes) else None


def after(count: int, number: int | None, by: int) -> int | None:
    """The box that Tab goes on to; None beyond the last or the first."""
    if number is None:
        return (0 if by > 0 else count - 1) if count else None
    return number + by if 0 <= number + by < count else None


def _with(boxes: Boxes, number: int, box: LabelBox) -> Boxes:
    return (*boxes[:number], box, *boxes[number + 1 :])
