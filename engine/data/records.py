"""What a reader makes of a source folder: plain records, before any picture was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.contract.dataset import Finding, Part
from engine.data.class_names import names_alike
from engine.data.findings import error


@dataclass(slots=True)
class SourceBox:
    """A box as annotated: pixels of the annotated picture, or shares of it when the picture is `relative`.

    Nobody changes one; it is not frozen because there are millions, and frozen ones take three times as long to make.

    `x1, y1, x2, y2` are edges (left, top, right, bottom); `place` is a spot in the picture's annotation file.
    """

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    place: str
    difficult: bool = False
    crowd: bool = False


@dataclass
class SourcePicture:
    """An annotated picture.

    `name` is the picture as the annotation calls it, `path` the file found for it (relative to the source;
    None when there is none), `file` the annotation file and `place` the picture's own spot in it.
    `size` is the annotated (width, height) in pixels; None when the annotation has none. A picture is `lost`
    when something is annotated that could not be read: without any other box it must not pass for empty.
    """

    name: str
    path: str | None
    file: str
    place: str = ""
    part: Part = "none"
    size: tuple[int, int] | None = None
    relative: bool = False
    lost: bool = False
    boxes: list[SourceBox] = field(default_factory=list)


@dataclass
class Records:
    """A whole source: its declared classes in order (empty when it declares none), pictures and findings.

    `fuller` is another format of the source that has boxes for more pictures, if there is one. `numbers` are the names
    that class numbers stand for in its annotations; none where these name their classes, or lists of folders differ.
    """

    classes: tuple[str, ...] = ()
    pictures: list[SourcePicture] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    fuller: str = ""
    numbers: dict[int, str] = field(default_factory=dict)


def settle_classes(records: Records, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The class names in order; boxes of a class that is not among them are taken out and reported as errors.

    `wanted` wins over the source's own list; without either, the classes are all that occur, sorted.
    """
    classes = tuple(dict.fromkeys(wanted or records.classes))
    if not classes:
        classes = tuple(sorted({box.name for picture in records.pictures for box in picture.boxes}))
    known = set(classes)
    if all(box.name in known for picture in records.pictures for box in picture.boxes):
        records.findings += names_alike(classes)
        return classes
    boxes = [(box, picture) for picture in records.pictures for box in picture.boxes]
    if len(boxes) > 1 and not any(box.name in known for box, _ in boxes):
        # To drop them all would mend nothing.
        box, picture = boxes[0]
        args: dict[str, Any] = {"name": box.name, "known": ", ".join(classes), "count": len(boxes)}
        records.findings.append(error("classes_apart", picture.file, box.place, **args))
        for _, picture in boxes:
            picture.boxes, picture.lost = [], True
        return classes
    for picture in records.pictures:
        for box in picture.boxes:
            if box.name not in known:
                found = error(
                    "class_unknown",
                    picture.file,
                    box.place,
                    mend="dropped",
                    name=box.name,
                    known=", ".join(classes),
                )
                records.findings.append(found)
        kept = [box for box in picture.boxes if box.name in known]
        # Classes that a person left out are not there to be learnt; those that a list forgot are.
        picture.lost |= wanted is None and len(kept) < len(picture.boxes)
        picture.boxes = kept
    records.findings += names_alike(classes)
    return classes
