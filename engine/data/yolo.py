"""Reads YOLO txt: one text file per picture, a line `class cx cy w h` per box, in shares of the picture.

Understood: `images/` beside `labels/` with splits above or below, labels beside their pictures, and a
`data.yaml` whose `names`, `train`, `val` and `test` (folders, lists of them, or txt lists of pictures) are
followed as far as they lie inside the source. A picture without a text file is a picture without boxes. Lines
count from 1. Polygons (`class x1 y1 x2 y2 ...`) become the box around them; a sixth number, a score, is
passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine.contract.dataset import Part
from engine.data.files import SourceFiles, part_of, without_suffix
from engine.data.findings import info, warning
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes
from engine.data.yolo_layout import Layout, read_layout

_NOT_LABELS = frozenset({"classes", "labels", "train", "val", "valid", "test", "trainval"})


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds YOLO labels: texts with boxes, or empty ones, that go with pictures."""
    paired = _labels_of_all(files)
    return any(path in paired or _in_labels(path) for path in _label_files(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures of the source; `wanted` or its own `names` say what a class number means.

    Without either the classes are called by their numbers.
    """
    records = Records()
    layout = read_layout(files, records.findings)
    names = layout.names or tuple(wanted or ())
    labels = set(_label_files(files))
    used: set[str] = set()
    for path, part in _parts(files, layout):
        label = next((name for name in (_label_of(path), _beside(path)) if name in labels), None)
        picture = SourcePicture(path, path, label or path, part=part, relative=True)
        records.pictures.append(picture)
        if label is not None:
            used.add(label)
            picture.boxes = list(_boxes(files, label, names, records))
    if layout.lists_pictures:
        # Pictures that no list names are not meant, and neither are their labels.
        used |= _labels_of_all(files)
    for label in sorted(labels - used):
        records.pictures.append(SourcePicture(without_suffix(label), None, label, "line 1", relative=True))
    bare = sum(picture.file == picture.path for picture in records.pictures)
    if bare:
        records.findings.append(info("unlabelled", count=bare))
    records.classes = names
    if not names:
        found = {box.name for picture in records.pictures for box in picture.boxes}
        records.classes = tuple(sorted(found, key=int))
        records.findings.append(info("class_names_absent"))
    records.classes = settle_classes(records, wanted)
    return records


def _parts(files: SourceFiles, layout: Layout) -> Iterator[tuple[str, Part]]:
    """Every picture with its split: as the yaml says, else as its folders are called."""
    for path in files.pictures():
        part = layout.part(path)
        if part is not None:
            yield path, part
        elif not layout.lists_pictures:
            yield path, part_of(path)


def _label_files(files: SourceFiles) -> list[str]:
    """Text files that are labels: all below `labels`, and elsewhere those that begin like one."""
    found = []
    for path in files.ending(".txt"):
        if without_suffix(path.rsplit("/", 1)[-1]).lower() in _NOT_LABELS:
            continue
        if _in_labels(path) or _like_label(files.text(path)):
            found.append(path)
    return found


def _in_labels(path: str) -> bool:
    return "labels" in path.split("/")[:-1]


def _like_label(text: str) -> bool:
    first = next((line.split() for line in text.splitlines() if line.strip()), [])
    return (not text.strip()) or (len(first) >= 5 and all(_number(word) is not None for word in first))


def _beside(path: str) -> str:
    return without_suffix(path) + ".txt"


def _label_of(path: str) -> str:
    """Where a picture's labels are: the last folder called `images` is `labels` there."""
    parts = path.split("/")
    for n in range(len(parts) - 2, -1, -1):
        if parts[n] == "images":
            parts[n] = "labels"
            break
    return _beside("/".join(parts))


def _labels_of_all(files: SourceFiles) -> set[str]:
    return {place(path) for path in files.pictures() for place in (_label_of, _beside)}


def _boxes(files: SourceFiles, label: str, names: Sequence[str], records: Records) -> Iterator[SourceBox]:
    for number, line in enumerate(files.text(label).splitlines(), 1):
        if not line.strip():
            continue
        box = _box(line.split(), names, f"line {number}")
        if box is not None:
            yield box
        else:
            found = warning("box_unreadable", label, f"line {number}", action="dropped")
            records.findings.append(found)


def _box(words: Sequence[str], names: Sequence[str], place: str) -> SourceBox | None:
    numbers = [value for value in map(_number, words) if value is not None]
    if len(numbers) != len(words) or len(numbers) < 5 or not numbers[0].is_integer() or numbers[0] < 0:
        return None
    key = int(numbers[0])
    name = str(key)
    if names:
        # No class is called #7, so settle_classes reports the box with its place.
        name = names[key] if key < len(names) else f"#{key}"
    shape = numbers[1:]
    if len(shape) > 5:
        if len(shape) % 2:
            return None
        xs, ys = shape[::2], shape[1::2]
        return SourceBox(name, min(xs), min(ys), max(xs), max(ys), place)
    cx, cy, width, height = shape[:4]
    return SourceBox(name, cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2, place)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
