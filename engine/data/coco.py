"""Reads COCO json: pictures, annotations and categories in one file per split, or in one file for all.

The split is read off the file's name (`instances_train2017.json`) or its folder
(`valid/_annotations.coco.json`). Category ids may be any; classes are told apart by name, in the order of the
ids in the first file. Places count from 0, as in the file: `annotations[17]`. A box is `x, y, width, height`
in pixels, its corner at the pixel's edge.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.contract.dataset import Part
from engine.data.files import SourceFiles, part_of
from engine.data.findings import error, warning
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes

MAX_PX = 1e9
_WORDS = ("instances_", "_annotations.coco")


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds COCO annotations; one that is cut off counts."""
    return bool(_documents(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures that the json files list; `wanted` or the categories set and order the classes."""
    records = Records()
    names: dict[str, None] = {}
    for path in sorted(_documents(files), key=lambda path: (part_of(path) != "train", path)):
        try:
            document = json.loads(files.text(path))
        except json.JSONDecodeError as broken:
            place = f"line {broken.lineno}, column {broken.colno}"
            records.findings.append(error("json_malformed", path, place))
            continue
        if not isinstance(document, dict) or not isinstance(document.get("images"), list):
            records.findings.append(error("coco_shape", path))
            continue
        reader = _Document(files, path, document, records)
        names.update(dict.fromkeys(reader.categories().values()))
        reader.read()
    records.classes = tuple(names)
    records.classes = settle_classes(records, wanted)
    return records


def _documents(files: SourceFiles) -> list[str]:
    """The json files that are COCO's; where some are called `instances_...`, only those."""
    paths = files.ending(".json")
    named = [path for path in paths if any(word in path.rsplit("/", 1)[-1] for word in _WORDS)]
    return named or [path for path in paths if b'"images"' in files.read(path)]


class _Document:
    """One json file on its way into `records`."""

    def __init__(self, files: SourceFiles, path: str, document: dict[str, Any], records: Records) -> None:
        self.files, self.path, self.records = files, path, records
        self.document = document
        self.part: Part = part_of(path)
        self.by_id: dict[object, SourcePicture] = {}

    def categories(self) -> dict[object, str]:
        """The class name of every category id, in the order of the ids."""
        named = []
        for _, entry in self._entries("categories"):
            key, name = entry.get("id"), entry.get("name")
            if isinstance(key, int) and isinstance(name, str):
                named.append((key, name.strip()))
        return dict(sorted(named))

    def read(self) -> None:
        """Add the file's pictures and boxes to the records."""
        by_path: dict[str, SourcePicture] = {}
        for place, entry in self._entries("images"):
            self._picture(place, entry, by_path)
        categories = self.categories()
        for place, entry in self._entries("annotations"):
            self._annotation(place, entry, categories)

    def _entries(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list with their places; what is not an object is passed over."""
        entries = self.document.get(key)
        if not isinstance(entries, list):
            return []
        return [(f"{key}[{n}]", entry) for n, entry in enumerate(entries) if isinstance(entry, dict)]

    def _picture(self, place: str, entry: dict[str, Any], by_path: dict[str, SourcePicture]) -> None:
        key, name = entry.get("id"), entry.get("file_name")
        if not isinstance(key, int | str) or not isinstance(name, str) or not name.strip():
            self.records.findings.append(error("coco_image", self.path, place, mend="left_out"))
            return
        if key in self.by_id:
            found = error("coco_id_twice", self.path, place, mend="left_out", id=key, name=name)
            self.records.findings.append(found)
            return
        path = self.files.find(name, self._near(), self.part)
        # Some converters write one picture entry per box.
        if path is not None and path in by_path:
            self.by_id[key] = by_path[path]
            return
        picture = SourcePicture(name, path, self.path, place, self.part, _size(entry))
        self.by_id[key] = picture
        self.records.pictures.append(picture)
        if path is not None:
            by_path[path] = picture

    def _near(self) -> list[str]:
        """Where the pictures of this file may be, the likeliest first."""
        folder = self.path.rsplit("/", 1)[0] if "/" in self.path else ""
        root = folder.rsplit("/", 1)[0] if "/" in folder else ""
        stem = self.path.rsplit("/", 1)[-1][: -len(".json")]
        own = [word for word in (stem.split("_")[-1], self.part) if word != "none"]
        near = [f"{base}/{name}" for base in (root, f"{root}/images", folder) for name in own]
        near += [folder, f"{folder}/images", root, f"{root}/images", f"{root}/JPEGImages"]
        return [path.strip("/") for path in near]

    def _annotation(self, place: str, entry: dict[str, Any], categories: dict[object, str]) -> None:
        key, category = entry.get("image_id"), entry.get("category_id")
        if not isinstance(key, int | str) or key not in self.by_id:
            found = error("coco_id_unknown", self.path, place, mend="dropped", id=str(key))
            self.records.findings.append(found)
            return
        name = categories.get(category) if isinstance(category, int) else None
        if name is None:
            known = ", ".join(categories.values()) or "-"
            found = error(
                "class_unknown", self.path, place, mend="dropped", name=f"category_id {category}", known=known
            )
            self.records.findings.append(found)
            return
        edges = _edges(entry.get("bbox"))
        if edges is None:
            found = warning("box_unreadable", self.path, place, action="dropped")
            self.records.findings.append(found)
            return
        box = SourceBox(name, *edges, place, bool(entry.get("ignore")), bool(entry.get("iscrowd")))
        self.by_id[key].boxes.append(box)


def _edges(box: object) -> tuple[float, float, float, float] | None:
    if not isinstance(box, list) or len(box) != 4:
        return None
    if not all(isinstance(n, int | float) and abs(n) < MAX_PX for n in box):
        return None
    x, y, width, height = (float(n) for n in box)
    return x, y, x + width, y + height


def _size(entry: dict[str, Any]) -> tuple[int, int] | None:
    width, height = entry.get("width"), entry.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None
