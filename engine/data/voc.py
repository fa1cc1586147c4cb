"""Reads Pascal VOC: one xml per picture, and lists of picture names per split.

Understood: one or several `Annotations/` + `JPEGImages/` + `ImageSets/Main/` (a whole VOCdevkit too), xml
beside the pictures, and lists `train.txt` ... or `train_list.txt` ... with one name, or a picture and its
xml, per line. Numbers of a `bndbox` are taken as edges in pixels, as LabelImg writes them and PaddleDetection
reads them (no one is taken off or added). The `<path>` of another machine is ignored. Objects count from 1 in
the order of the file.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.contract.dataset import Part
from engine.data.files import SourceFiles, clean, is_picture, part_of, without_suffix
from engine.data.findings import error, info, warning
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes

CLASS_LISTS = ("label_list.txt", "labels.txt", "classes.txt")
_PICTURE_FOLDERS = ("JPEGImages", "images", "Images", "imgs", "")
# Held-out splits first: a picture that two lists name stays where it must not be trained on.
_LISTS: tuple[Part, ...] = ("test", "val", "train")
_PAIR = re.compile(r"^(.+\.\w{3,4})[ \t]+(\S.*\.xml)$", re.IGNORECASE)
_FLAG = re.compile(r"\s+(-1|0|1)$")


def recognise(files: SourceFiles) -> bool:
    """Whether the folder holds VOC annotations."""
    return bool(_annotation_folders(files))


def read(files: SourceFiles, wanted: Sequence[str] | None) -> Records:
    """All pictures that an xml describes; `wanted` or a `label_list.txt` sets and orders the classes."""
    records = Records(classes=_declared(files))
    for folder, paths in _annotation_folders(files).items():
        _Devkit(files, folder, paths, records).read()
    records.classes = settle_classes(records, wanted)
    return records


def _annotation_folders(files: SourceFiles) -> dict[str, list[str]]:
    """Folders that hold xml annotations, each with its files: those called Annotations, else any."""
    named: dict[str, list[str]] = defaultdict(list)
    loose: dict[str, list[str]] = defaultdict(list)
    for path in files.ending(".xml"):
        parts = path.split("/")[:-1]
        at = next((n for n, part in enumerate(parts) if part.lower() in ("annotations", "annotation")), None)
        if at is not None:
            named["/".join(parts[: at + 1])].append(path)
        elif b"<annotation" in files.read(path)[:4096]:
            loose["/".join(parts)].append(path)
    return named or loose


def _declared(files: SourceFiles) -> tuple[str, ...]:
    for name in CLASS_LISTS:
        if name in files.paths:
            lines = [line.strip() for line in files.text(name).splitlines()]
            return tuple(dict.fromkeys(line for line in lines if line))
    return ()


@dataclass
class _Devkit:
    """One folder of annotations with the lists and pictures that go with it."""

    files: SourceFiles
    folder: str
    paths: list[str]
    records: Records
    near: list[str] = field(default_factory=list)

    def read(self) -> None:
        base = self.folder.rsplit("/", 1)[0] if "/" in self.folder else ""
        root = base if self.folder.lower().endswith(("annotations", "annotation")) else self.folder
        self.near = [f"{root}/{name}".strip("/") for name in _PICTURE_FOLDERS] + [self.folder]
        lists = _lists(self.files, root)
        parts = self._parts(lists)
        for path in self.paths:
            picture = self._picture(path, parts.get(path, "none") if lists else part_of(path))
            if picture is not None:
                self.records.pictures.append(picture)
        unlisted = [path for path in self.paths if path not in parts]
        if lists and unlisted:
            found = info("unlisted", next(iter(lists.values())), count=len(unlisted), first=unlisted[0])
            self.records.findings.append(found)

    def _parts(self, lists: dict[Part, str]) -> dict[str, Part]:
        """The split of every xml that a list names."""
        names = {self._id(path): path for path in self.paths}
        bases = {name.rsplit("/", 1)[-1]: path for name, path in names.items()}
        parts: dict[str, Part] = {}
        for part, path in lists.items():
            for number, line in enumerate(self.files.text(path).splitlines(), 1):
                if not line.strip():
                    continue
                asked = _names(line)
                known = [names[n] for n in asked if n in names]
                known += [bases[b] for b in (n.rsplit("/", 1)[-1] for n in asked) if b in bases]
                if not known:
                    self._not_there(path, number, asked[0])
                elif parts.setdefault(known[0], part) != part and not path.endswith("trainval.txt"):
                    kept = parts[known[0]]
                    place = f"line {number}"
                    found = warning("listed_twice", path, place, name=asked[0], kept=kept, other=part)
                    self.records.findings.append(found)
        return parts

    def _not_there(self, path: str, number: int, name: str) -> None:
        """A list names a picture without an xml."""
        place = f"line {number}"
        if self.files.find(name, self.near, stem=True) is None:
            found = error("listed_missing", path, place, mend="left_out", name=name)
        else:
            found = warning("annotation_missing", path, place, action="left_out", name=name)
        self.records.findings.append(found)

    def _id(self, path: str) -> str:
        return without_suffix(path[len(self.folder) :].lstrip("/"))

    def _picture(self, path: str, part: Part) -> SourcePicture | None:
        """One xml; None, with a finding, when it is not whole or not an annotation."""
        try:
            root = ElementTree.fromstring(self.files.text(path))
        except ElementTree.ParseError as broken:
            line, column = broken.position
            place = f"line {line}, column {column + 1}"
            self.records.findings.append(error("xml_malformed", path, place, mend="left_out"))
            return None
        if root.tag != "annotation":
            found = error("xml_other", path, "line 1", mend="left_out", tag=root.tag)
            self.records.findings.append(found)
            return None
        stem = self._id(path)
        named = clean(root.findtext("filename") or "")
        found_path = self.files.find(stem, self.near, stem=True)
        if found_path is None and named:
            found_path = self.files.find(named, self.near, stem=not is_picture(named))
        picture = SourcePicture(named or stem, found_path, path, "filename", part, _size(root))
        for number, element in enumerate(root.findall("object"), 1):
            box = _box(element, f"object {number}")
            if box is None:
                found = warning("box_unreadable", path, f"object {number}", action="dropped")
                self.records.findings.append(found)
            else:
                picture.boxes.append(box)
        return picture


def _lists(files: SourceFiles, root: str) -> dict[Part, str]:
    """The list of each split; without a train list `trainval` stands in, less what val and test name."""
    known = set(files.paths)
    for folder in ("ImageSets/Main", "ImageSets", ""):
        for ending in (".txt", "_list.txt"):
            at = {part: f"{root}/{folder}/{part}{ending}".replace("//", "/").strip("/") for part in _LISTS}
            lists = {part: path for part, path in at.items() if path in known}
            both = at["train"].replace(f"train{ending}", f"trainval{ending}")
            if "train" not in lists and both in known:
                lists["train"] = both
            if lists:
                return lists
    return {}


def _names(line: str) -> list[str]:
    """What a line of a list may mean, the likeliest first: names may hold spaces and end in a flag."""
    pair = _PAIR.match(line.strip())
    if pair is not None:
        line = pair.group(2)
    name = without_suffix(clean(line))
    return list(dict.fromkeys([name, without_suffix(_FLAG.sub("", clean(line)))]))


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    width, height = _number(root.findtext("size/width")), _number(root.findtext("size/height"))
    return (int(width), int(height)) if width and height and min(width, height) >= 1 else None


def _box(element: ElementTree.Element, place: str) -> SourceBox | None:
    name = (element.findtext("name") or "").strip()
    edges = [_number(element.findtext(f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax")]
    x1, y1, x2, y2 = edges
    if not name or x1 is None or y1 is None or x2 is None or y2 is None:
        return None
    return SourceBox(name, x1, y1, x2, y2, place, (element.findtext("difficult") or "").strip() == "1")


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
