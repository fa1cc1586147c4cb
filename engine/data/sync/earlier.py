"""What an index holds of an earlier look at a source, and what a new look keeps of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from engine.contract.dataset import Drawn, Index, Part, Picture
from engine.contract.text.messages import UserError
from engine.data.kept import KeptPicture, from_rows
from engine.data.listing import Stamp
from engine.data.pictures import Probe
from engine.data.splits import DEFAULT, VAL_SHARE

Dealing = Literal["declared", "asked", "drawn", "val_taken"]
Shares = tuple[float, ...]


@dataclass(frozen=True)
class Earlier:
    """An index as it was, its pictures (bare) and their boxes by the pictures' paths in the source."""

    source: Path
    format: str
    options: str
    content_hash: str
    classes: tuple[str, ...]
    pictures: dict[str, Picture]
    boxes: dict[str, list[Drawn]]
    files: dict[str, Stamp]
    kept: dict[str, KeptPicture]
    corrections: dict[str, str]
    numbers: dict[int, str]
    dealing: Dealing

    @classmethod
    def read(cls, index: Index) -> Earlier:
        """Raises UserError where the index is broken."""
        source = index.source()
        start = len(str(source).rstrip("/")) + 1
        drawn = {path[start:]: each for path, each in index.drawn().items()}
        return cls(
            source=source,
            format=index.meta("format"),
            options=index.meta("options"),
            content_hash=index.content_hash(),
            classes=index.classes(),
            pictures={path: picture for path, (picture, _) in drawn.items()},
            boxes={path: boxes for path, (_, boxes) in drawn.items()},
            files=index.files(),
            kept=from_rows(index.probes()),
            corrections=index.corrections(),
            numbers=_numbers(index),
            dealing=_dealing(index.finding_codes()),
        )

    def shares(self, split: Shares | None) -> Shares:
        """How the import dealt out, `split` being what it was asked: shares of train and val, and of test if of all."""
        if self.dealing == "val_taken":
            return (1 - VAL_SHARE, VAL_SHARE)
        return split or DEFAULT

    def by_digest(self) -> dict[str, list[str]]:
        """The paths of its pictures by their digests."""
        found: dict[str, list[str]] = defaultdict(list)
        for path, picture in self.pictures.items():
            found[picture.digest].append(path)
        return found

    def labelled(self, path: str, digest: str) -> bool:
        """Whether a picture that has no label file now had boxes, or is in no use since its label file went."""
        if path in self.pictures and self.pictures[path].digest == digest:
            return bool(self.pictures[path].boxes)
        same = self._by_digest.get(digest, ())
        return digest in self._left_out or any(
            self.pictures[one].boxes for one in (path, *same) if one in self.pictures
        )

    @cached_property
    def _by_digest(self) -> dict[str, list[str]]:
        return self.by_digest()

    @cached_property
    def _left_out(self) -> set[str]:
        seen = {path: each.probe for path, each in self.kept.items() if path not in self.pictures}
        return {probe.digest for probe in seen.values() if probe is not None and probe.problem is None}

    def probe(self, path: str, stamp: Stamp) -> Probe | None:
        """What a file was seen to be, if it is still the same; a file with a problem is looked at anew."""
        kept = self.kept.get(path)
        if kept is None or kept.probe is None or self.files.get(path) != stamp:
            return None
        return kept.probe if kept.probe.problem is None else None

    def dealt(self, path: str, declared: Part) -> Part:
        """The split that a picture was given, before any copy was taken out of use."""
        kept = self.kept.get(path)
        if kept is not None:
            return kept.dealt
        # An older index does not tell why a picture is in no use: a copy is again, whatever its split.
        return self.pictures[path].split if self.pictures[path].split != "none" else declared

    def declared(self, path: str, declared: Part) -> Part:
        """The split that the source declared for a picture, which it now declares `declared`."""
        kept = self.kept.get(path)
        if kept is not None:
            return kept.declared
        if self.dealing in ("asked", "drawn"):
            return "none" if self.dealing == "drawn" else declared
        split = self.pictures[path].split
        if self.dealing == "val_taken" and split == "val":
            return "train"
        return split if split != "none" else declared


def _numbers(index: Index) -> dict[int, str]:
    """What class numbers meant; older indexes do not tell."""
    try:
        told = json.loads(index.meta("numbers"))
    except UserError:
        return {}
    return {int(number): str(name) for number, name in told.items()}


def _dealing(told: Collection[str]) -> Dealing:
    """Whether the import took the source's splits, and if not, why: the codes of its findings tell."""
    names: dict[str, Dealing] = {"data.split_asked": "asked", "data.split_drawn": "drawn"}
    names["data.split_val_taken"] = "val_taken"
    return next((names[code] for code in names if code in told), "declared")
