"""Finds pictures that are there twice, by their bytes or to the eye; across splits that is a leak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine.contract.dataset import Finding
from engine.data.checks import Sound
from engine.data.findings import info, warning

# Hashes that differ in at most 5 of 64 bits agree in one of 6 bands. Real pictures, recompressed or halved,
# were seen to differ from themselves by 3 bits and 0.3 grey levels, from each other by 12 bits and 7 levels.
MAX_BITS = 5
MAX_GREY_LEVELS = 4.0
_BANDS = tuple((64 * n // (MAX_BITS + 1), 64 * (n + 1) // (MAX_BITS + 1)) for n in range(MAX_BITS + 1))
_SHELF = 64
# What is kept of a picture that is in two splits: the copy that is furthest from training.
_HELD_OUT = {"test": 0, "val": 1, "train": 2, "none": 3}


def mend_copies(pictures: list[Sound], *, fix: bool) -> list[Finding]:
    """Report files with the same bytes; with `fix` one copy stays in use, test before val before train."""
    findings = []
    groups: dict[str, list[Sound]] = defaultdict(list)
    for picture in _by_distance(pictures):
        groups[picture.probe.digest].append(picture)
    for group in groups.values():
        # Of two copies the one that was labelled says what the picture shows.
        first, *others = sorted(group, key=lambda picture: not picture.boxes)
        for other in others:
            args: dict[str, Any] = {"other": first.path, "part": other.part, "other_part": first.part}
            code = "picture_duplicate" if other.part == first.part else "split_leak"
            finding = warning(code, other.path, mend="left_out", **args)
            findings.append(finding.mended() if fix else finding)
            if fix:
                other.part = "none"
    return findings


def lookalikes(pictures: list[Sound], known: Mapping[str, str | None] | None = None) -> list[Finding]:
    """Report pictures that look the same though their bytes differ: a warning across splits, else a note.

    `known` tells of pictures that an earlier look compared with each other what each resembled, by their paths.
    """
    findings, shelves, seen = [], _Shelves(), set[str]()
    ordered = _by_distance(pictures)
    place = {picture.path: n for n, picture in enumerate(ordered)}
    told = {path: other for path, other in (known or {}).items() if path in place and (other is None or other in place)}
    # What is new is compared with all that is known, wherever it stands.
    for picture in sorted(ordered, key=lambda picture: picture.path not in told) if told else ordered:
        if picture.probe.digest in seen:
            continue
        seen.add(picture.probe.digest)
        resembled = told.get(picture.path)
        first = ordered[place[resembled]] if resembled is not None else None
        if picture.path not in told:
            first = shelves.find(picture)
        if first is None:
            shelves.put(picture)
            continue
        findings.append(_alike_finding(*sorted((picture, first), key=lambda each: -place[each.path])))
    if shelves.passed_over:
        findings.append(info("lookalikes_many", count=shelves.passed_over))
    return findings


def _alike_finding(picture: Sound, first: Sound) -> Finding:
    args: dict[str, Any] = {"other": first.path, "part": picture.part, "other_part": first.part}
    if picture.part == first.part:
        return info("picture_lookalike", picture.path, **args)
    return warning("split_lookalike", picture.path, **args)


def _by_distance(pictures: list[Sound]) -> list[Sound]:
    used = [picture for picture in pictures if picture.part != "none"]
    return sorted(used, key=lambda picture: (_HELD_OUT[picture.part], picture.path))


class _Shelves:
    """Pictures by what those that resemble each other share: some band of their hash, and how bright they are.

    The grey levels of two that look the same differ by MAX_GREY_LEVELS on average, so do their means, and those of
    their halves by twice that at most. A shelf holds `_SHELF` pictures, half of them the first and half the latest,
    so that a set in which all are nearly alike, a long video or scanned pages, takes no longer than another.
    """

    def __init__(self) -> None:
        self._shelves: dict[tuple[int, int, int, int], list[Sound]] = defaultdict(list)
        self._put: dict[tuple[int, int, int, int], int] = defaultdict(int)
        self.passed_over = 0

    def find(self, picture: Sound) -> Sound | None:
        """A picture that was put here and looks the same."""
        upper, lower = _brightness(picture)
        for number, bits in _bands(picture):
            for up in (upper - 1, upper, upper + 1):
                for down in (lower - 1, lower, lower + 1):
                    for old in self._shelves.get((number, bits, up, down), ()):
                        if _alike(old, picture):
                            return old
        return None

    def put(self, picture: Sound) -> None:
        """Take a picture in."""
        upper, lower = _brightness(picture)
        full = False
        for number, bits in _bands(picture):
            key = (number, bits, upper, lower)
            shelf, count = self._shelves[key], self._put[key]
            self._put[key] = count + 1
            if len(shelf) < _SHELF:
                shelf.append(picture)
                continue
            shelf[_SHELF // 2 + count % (_SHELF // 2)] = picture
            full = True
        self.passed_over += full


def _bands(picture: Sound) -> Iterator[tuple[int, int]]:
    bits = picture.probe.likeness
    for number, (low, high) in enumerate(_BANDS):
        yield number, bits >> low & (1 << (high - low)) - 1


def _brightness(picture: Sound) -> tuple[int, int]:
    """The mean grey levels of the upper and the lower half, in steps of what two that look the same may differ by."""
    thumb = picture.probe.thumb
    half, step = len(thumb) // 2, 2 * MAX_GREY_LEVELS
    return int(sum(thumb[:half]) / max(1, half) // step), int(sum(thumb[half:]) / max(1, half) // step)


def _alike(one: Sound, other: Sound) -> bool:
    if (one.probe.likeness ^ other.probe.likeness).bit_count() > MAX_BITS:
        return False
    first = np.frombuffer(one.probe.thumb, np.uint8).astype(np.int16)
    second = np.frombuffer(other.probe.thumb, np.uint8)
    return float(np.abs(first - second).mean()) <= MAX_GREY_LEVELS
