"""Reads Pascal VOC: one xml per picture, and lists of picture names per split.

Understood: one or several `Annotations/` + `JPEGImages/` + `ImageSets/Main/` (a whole VOCdevkit too), xml
beside the pictures, and lists `train.txt` ... or `train_list.txt` ... with one name, or a picture and its
xml, per line. Numbers of a `bndbox` are taken as edges in pixels, as LabelImg writes them and PaddleDetection
reads them (no one is taken off or added). The `<path>` of another machine is ignored. Objects count from 1 in
the order of the file.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.contract.dataset import Action, Part
from engine.data.class_names import from_lines, merged
from engine.data.files import SourceFiles, clean, loose, part_of, without_suffix
from engine.data.findings import error, info, warning
from engine.data.gather.named import Named
from engine.data.gather.parts import settle_parts
from engine.data.readers.voc_xml import objects, parse, read_object, root_tag, size
from engine.data.records import Records, SourceBox, SourcePicture, settle_classes

CLASS_LISTS = ("label_list.txt", "labels.txt", "classes.txt")
_FOLDERS = ("annotations", "annotation")
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
    records = Records()
    folders = _annotation_folders(files)
    records.classes = _declared(files, [_root(folder) for folder in folders], records)
    named = Named(files)
    kits = [_Devkit(files, folder, paths, records, named) for folder, paths in folders.items()]
    for kit in kits:
        kit.read()
    records.findings += named.findings()
    foreign = [found for kit in kits for found in kit.foreign]
    # Leaving every picture out mends nothing.
    mend: Action | None = "left_out" if records.pictures else None
    records.findings += [error("xml_other", path, "line 1", mend=mend, tag=tag) for path, tag in foreign]
    records.findings += [
        info("xml_read_as_voc", paths[0], count=len(paths), tag=tag)
        for tag, paths in _grouped(pair for kit in kits for pair in kit.renamed).items()
    ]
    records.classes = settle_classes(records, wanted)
    return records


def _annotation_folders(files: SourceFiles) -> dict[str, list[str]]:
    """Folders that hold xml annotations, each with its files: those called Annotations, else any."""
    named: dict[str, list[str]] = defaultdict(list)
    beside: dict[str, list[str]] = defaultdict(list)
    for path in files.ending(".xml"):
        parts = path.split("/")[:-1]
        at = next((n for n, part in enumerate(parts) if part.lower() in _FOLDERS), None)
        if at is not None:
            named["/".join(parts[: at + 1])].append(path)
        elif root_tag(raw := files.read(path)).lower() == "annotation" or b"bndbox" in raw.lower():
            beside["/".join(parts)].append(path)
    whole = named if any(root_tag(files.read(path)).lower() != "annotations" for path in _some(named)) else {}
    return whole or beside


def _some(named: dict[str, list[str]]) -> list[str]:
    """A few files of each folder: one of CVAT's own xml is alone in it."""
    return [path for paths in named.values() for path in paths[:5]]


def _root(folder: str) -> str:
    base = folder.rsplit("/", 1)[0] if "/" in folder else ""
    return base if folder.rsplit("/", 1)[-1].lower() in _FOLDERS else folder


def _declared(files: SourceFiles, roots: Sequence[str], records: Records) -> tuple[str, ...]:
    """The class lists of the source and of each folder, by name: the first, then what the others add."""
    known = {path.lower(): path for path in files.ending(".txt")}
    places = [f"{root}/{name}".strip("/").lower() for root in dict.fromkeys(["", *roots]) for name in CLASS_LISTS]
    lists = [from_lines(known[place], files.text(known[place])) for place in places if place in known]
    differing = [one for one in lists[1:] if set(one.names.values()) != set(lists[0].names.values())]
    records.findings += [info("lists_joined", one.file, other=lists[0].file) for one in differing]
    return merged(lists)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path, tag in pairs:
        groups[tag].append(path)
    return groups


@dataclass
class _Devkit:
    """One folder of annotations with the lists and pictures that go with it."""

    files: SourceFiles
    folder: str
    paths: list[str]
    records: Records
    named: Named
    near: list[str] = field(default_factory=list)
    foreign: list[tuple[str, str]] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> None:
        """Add the folder's pictures and boxes to the records; xml that is no VOC goes to `foreign`."""
        root = _root(self.folder)
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
        bases = _grouped((path, name.rsplit("/", 1)[-1]) for name, path in names.items())
        alike = _grouped((path, loose(name)) for name, paths in bases.items() for path in paths)
        claims: dict[str, set[Part]] = defaultdict(set)
        twice = []
        for part, path in lists.items():
            for number, line in enumerate(self.files.text(path).splitlines(), 1):
                if not line.strip():
                    continue
                asked = _names(line)
                known = [names[n] for n in asked if n in names]
                named = next((bases[b] for b in (n.rsplit("/", 1)[-1] for n in asked) if b in bases), [])
                near = alike.get(loose(asked[0].rsplit("/", 1)[-1]), []) if not known and not named else []
                if not known and len(named or near) > 1:
                    self._ambiguous(path, number, asked[0], named or near)
                    continue
                if near:
                    self.files.matched_loosely(asked[0], near[0])
                known += named or near
                if not known:
                    self._not_there(path, number, asked[0])
                elif not (path.lower().endswith("trainval.txt") and claims[known[0]]):
                    if claims[known[0]] - {part}:
                        twice.append((path, f"line {number}", asked[0], known[0], part))
                    claims[known[0]].add(part)
        settled, found = settle_parts(claims, next(iter(lists.values()), ""))
        self.records.findings += found
        for path, place, name, xml, part in twice if not found else ():
            kept, other = settled[xml], next(p for p in (part, *claims[xml]) if p != settled[xml])
            self.records.findings.append(warning("listed_twice", path, place, name=name, kept=kept, other=other))
        return settled

    def _ambiguous(self, path: str, number: int, name: str, xmls: list[str]) -> None:
        """A list names a picture by what several are called: to take one of them would be to guess."""
        args: dict[str, Any] = {"name": name, "count": len(xmls), "first": xmls[0], "second": xmls[1]}
        self.records.findings.append(error("listed_ambiguous", path, f"line {number}", **args))

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
            root, tag = parse(self.files.text(path))
        except ElementTree.ParseError as broken:
            line, column = broken.position
            place = f"line {line}, column {column + 1}"
            self.records.findings.append(error("xml_malformed", path, place, mend="left_out"))
            return None
        if root.tag != "annotation":
            self.foreign.append((path, tag))
            return None
        if tag != "annotation":
            self.renamed.append((path, tag))
        stem = self._id(path)
        named = clean(root.findtext("filename") or "")
        picture = SourcePicture(
            named or stem, self.named.find(path, stem, named, self.near), path, "filename", part, size(root)
        )
        for number, element in enumerate(objects(root), 1):
            box = read_object(element, path, f"object {number}")
            if isinstance(box, SourceBox):
                picture.boxes.append(box)
            else:
                self.records.findings.append(box)
                picture.lost = True
        return picture


def _lists(files: SourceFiles, root: str) -> dict[Part, str]:
    """The list of each split; without a train list `trainval` stands in, less what val and test name."""
    known = {path.lower(): path for path in files.ending(".txt")}
    for folder in ("ImageSets/Main", "ImageSets", ""):
        for ending in (".txt", "_list.txt"):
            at = {part: f"{root}/{folder}/{part}{ending}".replace("//", "/").strip("/").lower() for part in _LISTS}
            lists = {part: known[path] for part, path in at.items() if path in known}
            both = at["train"].replace(f"train{ending}", f"trainval{ending}")
            if "train" not in lists and both in known:
                lists["train"] = known[both]
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
