"""Labels corrected in the project, laid over the pictures of the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.contract.dataset import Box, Picture
from engine.contract.labels import LabelBox

Boxes = tuple[LabelBox, ...]


def boxes_of(picture: Picture, classes: Sequence[str]) -> Boxes:
    """The boxes of a picture as labels, by the names of their classes."""
    return tuple(_label(box, classes) for box in picture.boxes)


def laid_over(picture: Picture, boxes: Iterable[LabelBox], classes: Sequence[str]) -> Picture:
    """The picture with these boxes instead of its own; those that are the same still tell where they are annotated.

    A box of a class that the data does not have (any more) cannot be shown, and is left out.
    """
    own = {_label(box, classes): box for box in picture.boxes}
    made = [own.get(label) or _box(label, classes) for label in boxes if label.name in classes]
    return replace(picture, boxes=tuple(made))


def unshown(boxes: Iterable[LabelBox], classes: Sequence[str]) -> Boxes:
    """The boxes that `laid_over` leaves out."""
    return tuple(box for box in boxes if box.name not in classes)


def is_applied(picture: Picture, boxes: Iterable[LabelBox], classes: Sequence[str]) -> bool:
    """Whether the index has these boxes for a picture, in whatever order."""
    wanted = [box for box in boxes if box.name in classes]
    return sorted(map(_key, wanted)) == sorted(map(_key, boxes_of(picture, classes)))


def _key(box: LabelBox) -> tuple[str, tuple[float, float, float, float], bool, bool]:
    return box.name, box.box, box.difficult, box.crowd


def _label(box: Box, classes: Sequence[str]) -> LabelBox:
    edges = (box.x1, box.y1, box.x2, box.y2)
    return LabelBox(name=classes[box.class_id], box=edges, difficult=box.difficult, crowd=box.crowd)


def _box(label: LabelBox, classes: Sequence[str]) -> Box:
    return Box(list(classes).index(label.name), *label.box, label.difficult, label.crowd)
