"""Reads Create ML json, as LabelImg, Roboflow and Apple's tools write it: a list of pictures with their boxes.

A box is its middle, width and height in pixels. Places count from 0: `[3].annotations[1]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.contract.dataset import Part
from engine.data.files import SourceFiles, part_of
from engine.data.findings import error, warning
from engine.data.readers.json_kinds import json_kind, load_json
from engine.data.readers.values import number
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds json of Create ML."""
    return bool(_documents(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures that a json lists; `wanted` sets and orders the classes, else all that occur, sorted."""
    records = Records()
    for path in _documents(files):
        # Some programs write one entry per box.
        seen: dict[str, SourcePicture] = {}
        document = load_json(files, path, records.findings)
        if document is None:
            continue
        for n, entry in enumerate(document if isinstance(document, list) else [document]):
            _picture(files, path, f"[{n}]", entry, records, seen)
    records.classes = settle_classes(records, wanted)
    return records


def _documents(files: SourceFiles) -> list[str]:
    return [path for path in files.ending(".json") if json_kind(files, path) == "createml"]


def _picture(
    files: SourceFiles, path: str, place: str, entry: object, records: Records, seen: dict[str, SourcePicture]
) -> None:
    entry = entry if isinstance(entry, dict) else {}
    name = entry.get("image") or entry.get("imagefilename")
    if not isinstance(name, str) or not name.strip():
        records.findings.append(error("createml_image", path, place, mend="left_out"))
        return
    folder, part = path.rpartition("/")[0], _part(path)
    parent = folder.rpartition("/")[0]
    near = [folder, *(f"{base}/images".strip("/") for base in (folder, parent))]
    found = files.find(name, near, part)
    picture = seen.get(found) if found is not None else None
    if picture is None:
        picture = SourcePicture(name, found, path, place, part)
        records.pictures.append(picture)
        if found is not None:
            seen[found] = picture
    boxes = entry.get("annotations", entry.get("annotation"))
    for n, each in enumerate(boxes if isinstance(boxes, list) else []):
        box = _box(each if isinstance(each, dict) else {}, f"{place}.annotations[{n}]")
        if box is not None:
            picture.boxes.append(box)
        else:
            where = f"{place}.annotations[{n}]"
            records.findings.append(warning("box_unreadable", path, where, action="dropped"))
            picture.lost = True


def _part(path: str) -> Part:
    return part_of(path.rpartition("/")[0] + "/x")


def _box(entry: dict[str, Any], place: str) -> SourceBox | None:
    name, shape = entry.get("label"), entry.get("coordinates")
    shape = shape if isinstance(shape, dict) else {}
    numbers = [value for key in ("x", "y", "width", "height") if (value := number(shape.get(key))) is not None]
    if not isinstance(name, str) or not name.strip() or len(numbers) != 4:
        return None
    x, y, width, height = numbers
    return SourceBox(name.strip(), x - width / 2, y - height / 2, x + width / 2, y + height / 2, place)
