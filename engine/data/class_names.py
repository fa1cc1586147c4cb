"""Lists of class names: as they are written, each for its own folder, compared by name and merged."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.contract.dataset import Finding
from engine.data.findings import warning

MAX_CLASSES = 10_000


@dataclass(frozen=True)
class ClassList:
    """The names that a file gives to class numbers; a number may have none."""

    file: str
    names: Mapping[int, str]

    @property
    def folder(self) -> str:
        """The folder for whose labels, and for those below, the list was made."""
        return self.file.rpartition("/")[0]

    def agrees(self, other: ClassList) -> bool:
        """Whether no number means two things."""
        return all(other.names.get(number, name) == name for number, name in self.names.items())

    def shown(self) -> str:
        """The list as a sentence shows it."""
        listed = [f"{number} {name}" for number, name in sorted(self.names.items())]
        return ", ".join(listed[:6]) + (", ..." if len(listed) > 6 else "")


def agreed(lists: Sequence[ClassList]) -> dict[int, str]:
    """What each number means in all lists; without those that mean two things."""
    meant: dict[int, set[str]] = defaultdict(set)
    for one in lists:
        for number, name in one.names.items():
            meant[number].add(name)
    return {number: next(iter(names)) for number, names in meant.items() if len(names) == 1}


def from_lines(file: str, text: str) -> ClassList:
    """One name on each line; an empty line has its number all the same."""
    lines = [line.strip() for line in text.splitlines()[:MAX_CLASSES]]
    return ClassList(file, {number: name for number, name in enumerate(lines) if name})


def merged(lists: Iterable[ClassList]) -> tuple[str, ...]:
    """All names in order: those of the first list, then what the others add."""
    return tuple(dict.fromkeys(name for one in lists for _, name in sorted(one.names.items())))


def equal_names(one: ClassList) -> list[Finding]:
    """Names that a list gives to several numbers, which are one class then."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, name in sorted(one.names.items()):
        numbers[name].append(number)
    return [
        warning("names_equal", one.file, name=name, numbers=", ".join(map(str, held)))
        for name, held in numbers.items()
        if len(held) > 1
    ]


def names_alike(classes: Sequence[str]) -> list[Finding]:
    """Classes whose names differ in capitals, spaces or the making of letters only: probably one, mistyped."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        key = "".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ").split())
        groups[key].append(name)
    alike = [group for group in groups.values() if len(group) > 1]
    return [warning("names_alike", "", names=", ".join(f'"{name}"' for name in group)) for group in alike]
