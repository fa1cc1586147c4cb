"""What a YOLO folder says of itself: its class names, which folders or lists make which split, how lines are meant.

A yaml's scalars are taken as they are written: a class called 02146, no or 1e3 is called so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import yaml

from engine.contract.dataset import Finding, Part
from engine.data import class_names
from engine.data.class_names import MAX_CLASSES, ClassList
from engine.data.files import SourceFiles, clean
from engine.data.findings import error, info, warning
from engine.data.gather.parts import settle_parts

NAME_LISTS = ("classes.txt", "labels.txt", "label_list.txt", "obj.names", "_darknet.labels")
_FIRST = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_KEYS: tuple[tuple[str, Part], ...] = (("test", "test"), ("val", "val"), ("valid", "val"), ("train", "train"))


@dataclass(frozen=True)
class Declared:
    """How a yaml says that lines are meant: as a pose of so many numbers, or as outlines."""

    pose: int = 0
    outline: bool = False


@dataclass
class Layout:
    """Class lists and declarations by the folder that they hold for; folders and pictures with their splits."""

    lists: dict[str, list[ClassList]] = field(default_factory=lambda: defaultdict(list))
    declared: dict[str, Declared] = field(default_factory=dict)
    folders: dict[str, set[Part]] = field(default_factory=lambda: defaultdict(set))
    listed: dict[str, set[Part]] = field(default_factory=lambda: defaultdict(set))
    file: str = ""
    _known: dict[str, Mapping[int, str] | None] = field(default_factory=dict)
    _meant: dict[str, Declared] = field(default_factory=dict)

    @property
    def lists_pictures(self) -> bool:
        """Whether only pictures that a list names are meant."""
        return bool(self.listed)

    def claims(self, path: str) -> set[Part] | None:
        """The splits that a picture is claimed for; None when nothing is said of it."""
        if path in self.listed:
            return self.listed[path]
        # Of the folders around it the innermost that something is said of.
        folder = next((folder for folder in reversed(_around(path)) if folder in self.folders), None)
        return None if folder is None else self.folders[folder]

    def parts(self, paths: Sequence[str], findings: list[Finding]) -> dict[str, Part]:
        """The split of every picture of which something is said."""
        claims = {path: claimed for path in paths if (claimed := self.claims(path)) is not None}
        settled, found = settle_parts(claims, self.file)
        findings += found
        twice = [path for path in claims if len(claims[path]) > 1]
        if twice and not found:
            first, count = twice[0], len(twice)
            findings.append(warning("split_overlap", self.file, count=count, first=first, part=settled[first]))
        return settled

    def all_lists(self) -> list[ClassList]:
        """Every class list, those of outer folders first."""
        return [
            one for scope in sorted(self.lists, key=lambda s: (s.count("/") + bool(s), s)) for one in self.lists[scope]
        ]

    def names(self, label: str) -> Mapping[int, str] | None:
        """What class numbers mean in a label file; None when nobody says so."""
        folder = label.rpartition("/")[0]
        if folder not in self._known:
            own = [one for scope in _around(label) for one in self.lists.get(scope, ())]
            held = own or self.all_lists()
            names = {number: name for one in held for number, name in one.names.items()}
            self._known[folder] = names if held else None
        return self._known[folder]

    def meant(self, label: str) -> Declared:
        """How the lines of a label file are meant."""
        folder = label.rpartition("/")[0]
        if folder not in self._meant:
            scopes = (scope for scope in reversed(_around(label)) if scope in self.declared)
            self._meant[folder] = next((self.declared[scope] for scope in scopes), Declared())
        return self._meant[folder]


def read_layout(files: SourceFiles, labels: Sequence[str], findings: list[Finding]) -> Layout:
    """The layout that yaml files with `names` and lists such as `classes.txt` tell; flaws go to `findings`."""
    layout = Layout()
    homes = _folders(labels)
    followed: dict[str, str] = {}
    for path in sorted(files.ending(".yaml", ".yml"), key=lambda path: path.rsplit("/", 1)[-1].lower() not in _FIRST):
        document = _document(files, path, findings)
        if document is None:
            continue
        names = _names(files, path, document, findings)
        scope = _scope(path, homes)
        if names is not None:
            layout.lists[scope].append(names)
        layout.declared.setdefault(scope, _declared(document, path, findings))
        layout.file = layout.file or path
        if followed.setdefault(scope, path) == path:
            _follow(files, path, document, layout, findings)
        else:
            findings.append(info("yaml_passed_over", path, other=followed[scope]))
    for path in sorted(set(files.ending(".txt", ".names", ".labels")).difference(labels)):
        if path.rsplit("/", 1)[-1].lower() in NAME_LISTS or path.lower().endswith(".names"):
            layout.lists[_scope(path, homes)].append(class_names.from_lines(path, files.text(path)))
    _compare(layout, labels, findings)
    return layout


def _around(path: str) -> tuple[str, ...]:
    """The folders that a file lies in, from the source itself inwards."""
    return _and_outer(path.rpartition("/")[0])


@lru_cache(maxsize=1 << 12)
def _and_outer(folder: str) -> tuple[str, ...]:
    parts = folder.split("/") if folder else []
    return "", *("/".join(parts[: n + 1]) for n in range(len(parts)))


def _folders(paths: Sequence[str]) -> set[str]:
    """All folders that files lie in, the source itself too."""
    return {outer for folder in {path.rpartition("/")[0] for path in paths} for outer in _and_outer(folder)}


def _scope(path: str, homes: set[str]) -> str:
    """The folder for which a list holds: its own, or the nearest around it that has labels."""
    return next((folder for folder in reversed(_around(path)) if folder in homes), "")


def _document(files: SourceFiles, path: str, findings: list[Finding]) -> dict[str, Any] | None:
    try:
        document = yaml.load(files.text(path), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        mark = getattr(broken, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"
        findings.append(error("yaml_malformed", path, place))
        return None
    return document if isinstance(document, dict) and document.get("names") else None


def _names(files: SourceFiles, path: str, document: dict[str, Any], findings: list[Finding]) -> ClassList | None:
    names = document["names"]
    if isinstance(names, str):
        other = files.find(names, (path.rpartition("/")[0], "")) if clean(names) else None
        found = class_names.from_lines(other, files.text(other)) if other else None
    elif isinstance(names, list):
        named = dict(enumerate(names[:MAX_CLASSES]))
        found = ClassList(path, named) if all(isinstance(name, str) for name in names) else None
    else:
        numbers = [str(key) for key in names]
        whole = all(key.isdecimal() and len(key) < 6 for key in numbers)
        whole = whole and all(isinstance(name, str) for name in names.values())
        found = ClassList(path, {int(key): name for key, name in names.items()}) if whole else None
    if found is None:
        findings.append(error("names_shape", path))
        return None
    findings += class_names.equal_names(found)
    count = document.get("nc")
    if isinstance(count, str) and count.isdecimal() and int(count) != len(found.names):
        findings.append(warning("names_count", path, nc=count, count=len(found.names)))
    return found


def _declared(document: dict[str, Any], path: str, findings: list[Finding]) -> Declared:
    shape, task = document.get("kpt_shape"), str(document.get("task") or "").lower()
    outline = task in ("segment", "obb") or str(document.get("segments") or "").lower() == "true"
    if shape is None:
        return Declared(outline=outline)
    whole = isinstance(shape, list) and len(shape) == 2 and all(isinstance(n, str) and n.isdecimal() for n in shape)
    if not whole or len(shape[0]) > 4 or shape[1] not in ("2", "3"):
        findings.append(error("kpt_shape", path, shape=str(shape)[:40]))
        return Declared(outline=outline)
    return Declared(pose=int(shape[0]) * int(shape[1]))


def _compare(layout: Layout, labels: Sequence[str], findings: list[Finding]) -> None:
    """Stop where a label file stands under lists that contradict; say where lists of folders differ."""
    told: set[tuple[str, str]] = set()
    for folder in dict.fromkeys(label.rpartition("/")[0] for label in labels):
        own = [one for scope in _around(f"{folder}/x".lstrip("/")) for one in layout.lists.get(scope, ())]
        for one, other in _contradictions(own or layout.all_lists()):
            if (one.file, other.file) not in told:
                told.add((one.file, other.file))
                args: dict[str, Any] = {"names": one.shown(), "other": other.file, "other_names": other.shown()}
                findings.append(error("lists_differ", one.file, folder=folder or ".", **args))
    if not told:
        for one, other in _contradictions(layout.all_lists())[:1]:
            findings.append(info("lists_merged", one.file, other=other.file))


def _contradictions(lists: Sequence[ClassList]) -> list[tuple[ClassList, ClassList]]:
    return [(lists[0], other) for other in lists[1:] if not lists[0].agrees(other)]


class _Known:
    """Files and folders that a yaml may name, if need be in other capitals."""

    def __init__(self, paths: Set[str]) -> None:
        self.paths = paths

    @cached_property
    def _lowered(self) -> dict[str, str]:
        return {path.lower(): path for path in sorted(self.paths)}

    def find(self, path: str) -> str | None:
        return next((each for each in (path, path.lower()) if each in self.paths), None) or self._lowered.get(
            path.lower()
        )


def _follow(files: SourceFiles, path: str, document: dict[str, Any], layout: Layout, findings: list[Finding]) -> None:
    home = path.rpartition("/")[0]
    inner = f"{home}/{clean(str(document.get('path') or ''))}".strip("/")
    folders, held = _folders(files.paths), _folders(files.pictures())
    known = _Known({*files.paths, *folders})
    for key, part in _KEYS:
        entries = document.get(key) or []
        for entry in map(str, entries if isinstance(entries, list) else [entries]):
            target = clean(entry)
            options = [f"{base}/{target}".strip("/") for base in (inner, home, "")]
            here = next((option for option in options if _is_folder(files, option)), None)
            if here is None:
                # An absolute path of another machine: its last folders may be here.
                options += ["/".join(target.split("/")[n:]) for n in range(1, target.count("/") + 1)]
            found = next((each for each in map(known.find, options) if each is not None), None)
            if part != "test" and found is None and here is None:
                findings.append(warning("yaml_path_missing", path, key=key, target=entry))
            elif part != "test" and (found is None or (found in folders and found not in held)):
                findings.append(warning("yaml_path_empty", path, key=key, target=entry))
            if found in folders:
                layout.folders[found].add(part)
            elif found is not None:
                _list(files, found, part, layout, findings)


def _is_folder(files: SourceFiles, path: str) -> bool:
    """Whether a folder is there, be it empty; a yaml may hold names that are none."""
    try:
        return (files.root / path).is_dir()
    except (OSError, ValueError):
        return False


def _list(files: SourceFiles, path: str, part: Part, layout: Layout, findings: list[Finding]) -> None:
    """A txt list of pictures: a path per line, from the list's folder, the source, or another machine."""
    home = path.rsplit("/", 1)[0] if "/" in path else ""
    for number, line in enumerate(files.text(path).splitlines(), 1):
        if not line.strip():
            continue
        picture = files.find(line, (home, ""), part)
        if picture is None:
            findings.append(error("picture_missing", path, f"line {number}", mend="left_out", picture=line.strip()))
        else:
            layout.listed[picture].add(part)
