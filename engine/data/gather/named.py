"""The picture of an annotation that is called as its picture is, and that names one inside.

The file's own name goes first: what it says inside may be older than a renaming. What it says decides between
pictures whose names differ in their endings; where it speaks of another picture that is there, that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.contract.dataset import Finding, Part
from engine.data.files import SourceFiles, is_picture, loose, without_suffix
from engine.data.findings import warning


@dataclass
class Named:
    """Finds pictures, and keeps what could have been another one: the annotation, the picture, the other."""

    files: SourceFiles
    crossed: list[tuple[str, str, str]] = field(default_factory=list)
    twins: list[tuple[str, str, str]] = field(default_factory=list)

    def find(self, annotation: str, stem: str, named: str, near: Sequence[str], part: Part = "none") -> str | None:
        """The picture of an annotation by its own name, without ending, and what it is called inside, `clean`."""
        found = self.files.find(stem, near, part, stem=True)
        if found is None:
            return self.files.find(named, near, part, stem=not is_picture(named)) if named else None
        inside = _stem(named)
        others = self.files.twins(found)
        if others and inside == _stem(found):
            ending = loose(named.rsplit("/", 1)[-1])
            fitting = [path for path in (found, *others) if loose(path.rsplit("/", 1)[-1]) == ending]
            found, others = (fitting or [found])[0], sorted({found, *others} - {(fitting or [found])[0]})
        if others:
            self.twins.append((annotation, found, others[0]))
        if named and inside != _stem(found):
            other = self.files.known(named, near, part, stem=not is_picture(named))
            if other is not None and other != found:
                self.crossed.append((annotation, found, other))
        return found

    def findings(self) -> list[Finding]:
        """What a person should know of it, once for each kind."""
        found = []
        if self.twins:
            found.append(warning("picture_twins", self.twins[0][0], **_args(self.twins)))
        if self.crossed:
            found.append(warning("picture_crossed", self.crossed[0][0], **_args(self.crossed)))
        return found


def _args(held: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    return {"count": len(held), "picture": held[0][1], "other": held[0][2]}


def _stem(path: str) -> str:
    return loose(without_suffix(path.rsplit("/", 1)[-1]))
