"""Shapes of labelme with one `group_id`: parts of one object where they are outlines or masks of one label.

A rectangle is a whole object. Some programs write one id everywhere: one that all shapes have, in every picture in
which it is, joins nothing, and neither do -1 and the empty one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.dataset import Finding
from engine.data.findings import info, warning
from engine.data.readers.cvat import around
from engine.data.records import SourceBox, SourcePicture

_NONE = ("None", "", "-1", "-1.0")


@dataclass(frozen=True)
class Shape:
    """A shape with the box around it; `part` when it can be a part of an object."""

    box: SourceBox
    group: object
    part: bool

    @property
    def id(self) -> str:
        """Its group, comparable."""
        return str(self.group).strip()


def join(drawn: Sequence[tuple[SourcePicture, Sequence[Shape]]]) -> list[Finding]:
    """Give the pictures their boxes; what was joined and what was not, once each."""
    told = {each.id for _, shapes in drawn for each in shapes if len({shape.id for shape in shapes}) > 1}
    joined: list[tuple[str, int]] = []
    apart: list[tuple[str, int]] = []
    for picture, shapes in drawn:
        groups: dict[tuple[str, str], list[Shape]] = defaultdict(list)
        for shape in shapes:
            groups[shape.box.name, shape.id].append(shape)
        boxes = []
        for (_, key), held in groups.items():
            parts = [shape.box for shape in held if shape.part and key in told and key not in _NONE]
            whole = [shape.box for shape in held if shape.box not in parts]
            boxes += [*whole, *([_around(parts)] if parts else [])]
            if len(parts) > 1:
                joined.append((picture.file, len(parts)))
            if len(held) > 1 and whole and key != "None":
                apart.append((picture.file, len(held)))
        order = {shape.box.place: n for n, shape in enumerate(shapes)}
        picture.boxes = sorted(boxes, key=lambda box: order[box.place])
    found = []
    if joined:
        count = sum(count for _, count in joined)
        found.append(info("groups_joined", joined[0][0], count=count, boxes=len(joined)))
    if apart:
        found.append(warning("groups_apart", apart[0][0], count=sum(count for _, count in apart)))
    return found


def _around(parts: Sequence[SourceBox]) -> SourceBox:
    """The box around all parts of an object, at the place of its first."""
    first = parts[0]
    edges = around([corner for box in parts for corner in ((box.x1, box.y1), (box.x2, box.y2))])
    marks = any(box.difficult for box in parts), any(box.crowd for box in parts)
    return SourceBox(first.name, *edges, first.place, *marks)
