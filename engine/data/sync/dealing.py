"""The splits of a source that was looked at before: what was decided stays, and what is new is dealt out likewise."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from engine.contract.dataset import Finding, Part
from engine.data.checks import Sound
from engine.data.findings import error, info, warning
from engine.data.sync.earlier import Earlier, Shares
from engine.data.sync.matching import Match

_PARTS: tuple[Part, ...] = ("train", "val", "test")


class Dealer:
    """Gives pictures their splits; `part` of each is what the source declares before, and what it has after."""

    def __init__(self, earlier: Earlier, split: Shares | None, seed: int) -> None:
        self.earlier = earlier
        self.shares = earlier.shares(split)
        self.seed = seed
        self.findings: list[Finding] = []

    def deal(self, pictures: Sequence[Sound], matches: Mapping[str, Match]) -> list[Finding]:
        """Keep, follow or deal; returns what a person should know of it."""
        declared = {picture.path: picture.part for picture in pictures}
        new: list[Sound] = []
        moved: list[tuple[Sound, Part]] = []
        for picture in pictures:
            was = matches[picture.path].was
            if was is None:
                new.append(picture)
                continue
            before = self.earlier.dealt(was, picture.part)
            if not self._follows(was, picture.part):
                picture.part = before
            elif picture.part != before:
                moved.append((picture, before))
        self._deal_new(pictures, new, declared, matches)
        return [*self._tell_moved(moved), *self._tell(pictures, new, declared)]

    def _follows(self, was: str, declared: Part) -> bool:
        """Whether the source declares another split for a picture than it did."""
        asked = self.earlier.dealing == "asked"
        return not asked and declared not in ("none", self.earlier.declared(was, declared))

    def _by_lot(self, declared: Part) -> bool:
        """Whether a new picture of which the source declares this is dealt out."""
        lots: dict[str, tuple[Part, ...]] = {"asked": (*_PARTS, "none"), "drawn": ("none",), "val_taken": ("train",)}
        return declared in lots.get(self.earlier.dealing, ())

    def _deal_new(
        self,
        pictures: Sequence[Sound],
        new: Sequence[Sound],
        declared: Mapping[str, Part],
        matches: Mapping[str, Match],
    ) -> None:
        lot = [picture for picture in new if self._by_lot(declared[picture.path])]
        groups: dict[str, list[Sound]] = defaultdict(list)
        for picture in sorted(lot, key=lambda picture: picture.path):
            twin = matches[picture.path].copy_of
            if twin is not None:  # one file in two splits would be a leak
                picture.part = self.earlier.dealt(twin, declared[picture.path])
            else:
                groups[picture.probe.digest].append(picture)
        fresh = {picture.path for group in groups.values() for picture in group}
        held: Counter[Part] = Counter(
            picture.part for picture in pictures if picture.path not in fresh and self._counts(declared[picture.path])
        )
        order = list(groups.values())
        random.Random(self.seed).shuffle(order)
        for group, part in zip(order, wanted_parts(held, len(order), self.shares), strict=True):
            for picture in group:
                picture.part = part

    def _counts(self, declared: Part) -> bool:
        """Whether a picture is one of those that are shared out."""
        return self.earlier.dealing != "val_taken" or declared == "train"

    def _tell(self, pictures: Sequence[Sound], new: Sequence[Sound], declared: Mapping[str, Part]) -> list[Finding]:
        held = Counter(picture.part for picture in pictures)
        dealing = self.earlier.dealing
        shares = ", ".join(f"{share:g}" for share in self.shares)
        if not held["train"]:
            return [error("split_no_train", ".")]
        findings = []
        if dealing == "asked":
            findings.append(info("split_asked", action="moved", shares=shares, seed=self.seed))
        if dealing == "drawn":
            findings.append(info("split_drawn", action="moved", shares=shares, seed=self.seed))
        if dealing == "val_taken":
            taken = sum(picture.part == "val" and declared[picture.path] == "train" for picture in pictures)
            findings.append(warning("split_val_taken", "", action="moved", count=taken, seed=self.seed))
        if not held["val"] and self.shares[1] > 0:
            # A project that never had any is as it was.
            had = any(picture.split == "val" for picture in self.earlier.pictures.values())
            findings.append(error("split_val_gone", ".") if had else warning("split_val_gone", "."))
        if not held["test"] and dealing in ("declared", "val_taken"):
            findings.append(info("split_no_test"))
        idle = [picture.path for picture in new if picture.part == "none"]
        if idle:
            findings.append(warning("split_undeclared", idle[0], action="left_out", count=len(idle)))
        return findings

    def _tell_moved(self, moved: Sequence[tuple[Sound, Part]]) -> list[Finding]:
        kinds: dict[tuple[Part, Part], list[str]] = defaultdict(list)
        for picture, before in moved:
            kinds[before, picture.part].append(picture.path)
        return [
            # Only of what was trained on a run has seen the answers.
            warning(
                "split_moved_seen" if before == "train" else "split_moved",
                paths[0],
                action="moved",
                count=len(paths),
                before=before,
                part=part,
            )
            for (before, part), paths in kinds.items()
        ]


def wanted_parts(held: Mapping[Part, int], count: int, shares: Shares) -> list[Part]:
    """The splits of `count` more pictures, so that all come as near to `shares` as they can."""
    have = Counter(held)
    total = sum(have[part] for part, _ in zip(_PARTS, shares, strict=False)) + count
    found: list[Part] = []
    for _ in range(count):
        # Whichever lacks most of what it should have; train where nothing lacks more.
        lacking = {part: share * total - have[part] for part, share in zip(_PARTS, shares, strict=False) if share > 0}
        part = max(lacking, key=lambda part: lacking[part])
        have[part] += 1
        found.append(part)
    return found
