"""What a YOLO folder says of itself: its class names, and which folders or lists make which split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from engine.contract.dataset import Finding, Part
from engine.data.files import SourceFiles, clean
from engine.data.findings import error, warning

MAX_CLASSES = 10_000
_NAME_LISTS = ("classes.txt", "obj.names")
_KEYS: tuple[tuple[str, Part], ...] = (("test", "test"), ("val", "val"), ("valid", "val"), ("train", "train"))


@dataclass
class Layout:
    """Class names in order, and the split of folders and of pictures that a list names."""

    names: tuple[str, ...] = ()
    folders: dict[str, Part] = field(default_factory=dict)
    listed: dict[str, Part] = field(default_factory=dict)

    @property
    def lists_pictures(self) -> bool:
        """Whether only pictures that a list names are meant."""
        return bool(self.listed)

    def part(self, path: str) -> Part | None:
        """The split of a picture; None when nothing is said of it."""
        if path in self.listed:
            return self.listed[path]
        inside = [folder for folder in self.folders if path.startswith(f"{folder}/")]
        return self.folders[max(inside, key=len)] if inside else None


def read_layout(files: SourceFiles, findings: list[Finding]) -> Layout:
    """The layout that `data.yaml` (any yaml with `names`) or `classes.txt` tells; flaws go to `findings`."""
    for path in files.ending(".yaml", ".yml"):
        try:
            document = yaml.safe_load(files.text(path))
        except (yaml.YAMLError, ValueError) as broken:
            mark = getattr(broken, "problem_mark", None)
            place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"
            findings.append(error("yaml_malformed", path, place))
            continue
        if isinstance(document, dict) and "names" in document:
            layout = Layout(_names(document["names"]))
            _follow(files, path, document, layout, findings)
            return layout
    for path in files.paths:
        if path.rsplit("/", 1)[-1] in _NAME_LISTS:
            lines = [line.strip() for line in files.text(path).splitlines()]
            return Layout(tuple(line for line in lines if line))
    return Layout()


def _names(names: object) -> tuple[str, ...]:
    if isinstance(names, dict):
        numbered = {key: str(value) for key, value in names.items() if isinstance(key, int) and 0 <= key < MAX_CLASSES}
        return tuple(numbered.get(n, str(n)) for n in range(max(numbered, default=-1) + 1))
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _follow(files: SourceFiles, path: str, document: dict[str, Any], layout: Layout, findings: list[Finding]) -> None:
    home = path.rsplit("/", 1)[0] if "/" in path else ""
    inner = f"{home}/{clean(str(document.get('path') or ''))}".strip("/")
    folders = {parent for file in files.paths for parent in _parents(file)}
    known = folders | set(files.paths)
    for key, part in _KEYS:
        entries = document.get(key) or []
        for entry in entries if isinstance(entries, list) else [entries]:
            target = clean(str(entry))
            options = [f"{base}/{target}".strip("/") for base in (inner, home, "")]
            # An absolute path of another machine: its last folders may be here.
            options += ["/".join(target.split("/")[n:]) for n in range(1, target.count("/") + 1)]
            found = next((option for option in options if option in known), None)
            if found is None:
                continue
            if found in folders:
                layout.folders.setdefault(found, part)
            else:
                _list(files, found, part, layout, findings)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _list(files: SourceFiles, path: str, part: Part, layout: Layout, findings: list[Finding]) -> None:
    """A txt list of pictures: a path per line, from the list's folder, the source, or another machine."""
    home = path.rsplit("/", 1)[0] if "/" in path else ""
    for number, line in enumerate(files.text(path).splitlines(), 1):
        if not line.strip():
            continue
        picture = files.find(line, (home, ""), part)
        if picture is None:
            findings.append(error("picture_missing", path, f"line {number}", mend="left_out", picture=line.strip()))
        elif layout.listed.setdefault(picture, part) != part:
            kept = layout.listed[picture]
            found = warning("listed_twice", path, f"line {number}", name=picture, kept=kept, other=part)
            findings.append(found)
