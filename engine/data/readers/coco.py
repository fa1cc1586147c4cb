"""Reads COCO json: pictures, annotations and categories in one file per split, or in one file for all.

The split is read off the file's name (`instances_train2017.json`) or its folder
(`valid/_annotations.coco.json`). Category ids may be any; classes are told apart by name, in the order of the
ids in the first file. Places count from 0, as in the file: `annotations[17]`. A box is `x, y, width, height`
in pixels, its corner at the pixel's edge. Ids and numbers that are text in one list and numbers in another are
taken by their value; what could mean anything (`"iscrowd": "maybe"`) is named with its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.contract.dataset import Action, Finding, Part
from engine.data.files import SourceFiles, part_of
from engine.data.findings import error, info, warning
from engine.data.readers.cvat import around
from engine.data.readers.json_kinds import is_aside, json_kind, load_json
from engine.data.readers.values import ById, flag, is_id, kind, number, whole
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes

MAX_PX = 1e9
_BESIDE = ("captions_", "person_keypoints_", "image_info_", "stuff_", "panoptic_")
_WORDS = ("instances_", "_annotations.coco")


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds COCO annotations; one that is cut off counts."""
    return bool(_documents(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures that the json files list; `wanted` or the categories set and order the classes."""
    records = Records()
    names: dict[str, None] = {}
    for path in sorted(_documents(files), key=lambda path: (part_of(path) != "train", path)):
        broken = len(records.findings)
        document = load_json(files, path, records.findings)
        if len(records.findings) > broken:
            continue
        if not isinstance(document, dict) or not isinstance(document.get("images"), list):
            records.findings.append(error("coco_shape", path))
            continue
        if document.get("annotations") is None:
            # A list of pictures, as of a test whose annotations are kept secret: not pictures without objects.
            count = len(document["images"])
            records.findings.append(warning("coco_unannotated", path, action="left_out", count=count))
            continue
        reader = _Document(files, path, document, records)
        names.update(dict.fromkeys(reader.categories.values()))
        reader.read()
    records.classes = tuple(names)
    records.classes = settle_classes(records, wanted)
    return records


def _documents(files: SourceFiles) -> list[str]:
    """The json files that are COCO's; where some are called `instances_...`, not COCO's own others beside them."""
    paths = [path for path in files.ending(".json") if not is_aside(files, path)]
    named = [path for path in paths if any(word in path.rsplit("/", 1)[-1] for word in _WORDS)]
    rest = [path for path in paths if path not in set(named) and json_kind(files, path) == "coco"]
    return named + [path for path in rest if not (named and path.rsplit("/", 1)[-1].startswith(_BESIDE))]


class _Document:
    """One json file on its way into `records`."""

    def __init__(self, files: SourceFiles, path: str, document: dict[str, Any], records: Records) -> None:
        self.files, self.path, self.records = files, path, records
        self.document = document
        self.part: Part = part_of(path)
        self.by_id: ById[SourcePicture] = ById()
        self.ids: list[object] = []
        self.categories = self._categories()
        self.as_text = False
        self.outlines: list[str] = []
        self.unboxed = 0

    def read(self) -> None:
        """Add the file's pictures and boxes to the records."""
        by_path: dict[str, SourcePicture] = {}
        for place, entry in self._entries("images"):
            self._picture(place, entry, by_path)
        entries = self._entries("annotations")
        if len(entries) > 1 and not any(self.by_id.get(entry.get("image_id")) for _, entry in entries):
            ids: dict[str, Any] = {"id": str(entries[0][1].get("image_id")), "known": str(next(iter(self.ids), "-"))}
            self._found(error("coco_ids_apart", self.path, entries[0][0], **ids))
            entries = []
        strays = sum(not self._annotation(place, entry) for place, entry in entries)
        if self.unboxed == len(entries) > 1:
            # To drop them all would mend nothing.
            self._found(error("coco_boxes_none", self.path, entries[0][0], count=len(entries)))
        if strays:
            # One of these may be what a picture without boxes has lost.
            for picture in self.by_id.values():
                picture.lost = True
        if self.as_text or self.by_id.retyped or self.categories.retyped:
            self.records.findings.append(warning("coco_retyped", self.path))
        if self.outlines:
            self._found(info("coco_outlines", self.path, self.outlines[0], count=len(self.outlines)))

    def _categories(self) -> ById[str]:
        """The class name of every category id, in the order of the ids."""
        named: list[tuple[object, str]] = []
        held = ById[str]()
        for place, entry in self._entries("categories"):
            key, name = entry.get("id"), entry.get("name")
            if isinstance(name, int) and not isinstance(name, bool):
                name = str(name)
            if not is_id(key):
                self._mistyped(place, "id", key)
            elif not isinstance(name, str) or not name.strip():
                self._mistyped(place, "name", name)
            elif key in held:
                self._found(error("coco_category_twice", self.path, place, id=str(key), name=name))
            else:
                held.add(key, name.strip())
                named.append((key, name.strip()))
        named.sort(key=lambda pair: (whole(pair[0]) is None, whole(pair[0]) or 0, str(pair[0])))
        names = [name for _, name in named]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            numbers = ", ".join(str(key) for key, other in named if other == name)
            self._found(warning("names_equal", self.path, name=name, numbers=numbers))
        return ById(named)

    def _entries(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list with their places; what is not an object is an error."""
        entries = self.document.get(key)
        if entries is None:
            return []
        if not isinstance(entries, list):
            self._mistyped(key, key, entries)
            return []
        for n, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self._mistyped(f"{key}[{n}]", f"{key}[{n}]", entry)
        return [(f"{key}[{n}]", entry) for n, entry in enumerate(entries) if isinstance(entry, dict)]

    def _found(self, finding: Finding) -> None:
        self.records.findings.append(finding)

    def _mistyped(self, place: str, field: str, value: object, mend: Action = "dropped") -> None:
        self._found(error("coco_type", self.path, place, mend=mend, field=field, found=kind(value)))

    def _picture(self, place: str, entry: dict[str, Any], by_path: dict[str, SourcePicture]) -> None:
        key, name = entry.get("id"), entry.get("file_name")
        if key is not None and not is_id(key):
            self._mistyped(place, "id", key, "left_out")
            return
        if key is None or not isinstance(name, str) or not name.strip():
            self._found(error("coco_image", self.path, place, mend="left_out"))
            return
        if key in self.by_id:
            self._found(error("coco_id_twice", self.path, place, mend="left_out", id=str(key), name=name))
            return
        self.ids.append(key)
        path = self.files.find(name, self._near(), self.part)
        # Some converters write one picture entry per box.
        if path is not None and path in by_path:
            self.by_id.add(key, by_path[path])
            return
        picture = SourcePicture(name, path, self.path, place, self.part, _size(entry))
        self.by_id.add(key, picture)
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

    def _annotation(self, place: str, entry: dict[str, Any]) -> bool:
        """Add one box; False when the picture that it belongs to is not known."""
        key, category = entry.get("image_id"), entry.get("category_id")
        picture = self.by_id.get(key)
        if picture is None:
            if is_id(key):
                self._found(error("coco_id_unknown", self.path, place, mend="dropped", id=str(key)))
            else:
                self._mistyped(place, "image_id", key)
            return False
        name = self.categories.get(category)
        if name is None:
            known = ", ".join(self.categories.values()) or "-"
            shown = f"category_id {category if is_id(category) else kind(category)}"
            found = error("class_unknown", self.path, place, mend="dropped", name=shown, known=known)
            self._found(found)
            picture.lost = True
            return True
        box = self._box(place, entry, name)
        if box is None:
            picture.lost = True
        else:
            picture.boxes.append(box)
        return True

    def _box(self, place: str, entry: dict[str, Any], name: str) -> SourceBox | None:
        """The box of an annotation; None, with a finding, when it cannot be told."""
        edges = _edges(entry.get("bbox"))
        self.unboxed += edges is None
        if edges is None and not entry.get("bbox") and entry.get("segmentation"):
            edges = _around(entry["segmentation"])
            if edges is None:
                self._found(warning("coco_no_bbox", self.path, place, action="dropped"))
                return None
            self.unboxed -= 1
            self.outlines.append(place)
        elif edges is None:
            self._found(warning("box_unreadable", self.path, place, action="dropped"))
            return None
        else:
            self.as_text |= any(isinstance(value, str) for value in entry["bbox"])
        flags = {field: flag(entry.get(field)) for field in ("difficult", "iscrowd", "ignore")}
        for field, value in flags.items():
            if value is None:
                self._mistyped(place, field, entry.get(field))
                return None
            self.as_text |= isinstance(entry.get(field), str)
        # What is to be ignored teaches nothing and counts neither as found nor as missed: as a crowd. Difficult
        # ones are learnt from, and marked both ways for programs that know only one (`engine.data.writers.coco`).
        difficult = bool(flags["difficult"])
        crowd = bool(flags["iscrowd"] or (flags["ignore"] and not difficult))
        return SourceBox(name, *edges, place, difficult, crowd)


def _edges(box: object) -> tuple[float, float, float, float] | None:
    if not isinstance(box, list) or len(box) != 4:
        return None
    numbers = [value for value in map(number, box) if value is not None and abs(value) < MAX_PX]
    if len(numbers) != 4:
        return None
    x, y, width, height = numbers
    return x, y, x + width, y + height


def _around(segmentation: object) -> tuple[float, float, float, float] | None:
    """The box around the outlines of one object; None for a mask of run lengths."""
    if not isinstance(segmentation, list) or not segmentation:
        return None
    points: list[tuple[float, float]] = []
    for outline in segmentation:
        found = [number(value) for value in outline] if isinstance(outline, list) else []
        held = [value for value in found if value is not None and abs(value) < MAX_PX]
        if len(held) < 6 or len(held) % 2 or len(held) < len(found):
            return None
        points += zip(held[::2], held[1::2], strict=True)
    return around(points)


def _size(entry: dict[str, Any]) -> tuple[int, int] | None:
    width, height = number(entry.get("width")), number(entry.get("height"))
    return (int(width), int(height)) if width and height and min(width, height) >= 1 else None
