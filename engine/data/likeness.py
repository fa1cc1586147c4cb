"""Finds pictures that are there twice, by their bytes or to the eye; across splits that is a leak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.dataset import Finding
from engine.data.checks import Sound
from engine.data.findings import info, warning
from engine.data.pictures import THUMB

# Real pictures, recompressed or halved, were seen to differ from themselves by 3 bits and 0.3 grey levels, from each
# other by 12 bits and 7 levels.
MAX_BITS = 5
MAX_GREY_LEVELS = 4.0
_BANDS = tuple((64 * n // (MAX_BITS + 2), 64 * (n + 1) // (MAX_BITS + 2)) for n in range(MAX_BITS + 2))
_WINDOW = 12
_RANK_BITS = np.uint64(40)
_RANKS = np.uint64((1 << 40) - 1)
_AT_ONCE = 1 << 14
_ONES = np.array([n.bit_count() for n in range(1 << 16)], np.uint8)
# What is kept of a picture that is in two splits: the copy that is furthest from training.
_HELD_OUT = {"test": 0, "val": 1, "train": 2, "none": 3}


def mend_copies(pictures: list[Sound], *, fix: bool) -> list[Finding]:
    """Report files with the same bytes; with `fix` one copy stays in use, test before val before train."""
    findings = []
    groups: dict[str, list[Sound]] = defaultdict(list)
    for picture in _by_distance(pictures):
        groups[picture.probe.digest].append(picture)
    for group in groups.values():
        if len(group) == 1:
            continue
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


def lookalikes(pictures: list[Sound]) -> list[Finding]:
    """Report pictures that look the same though their bytes differ: a warning across splits, else a note."""
    once: dict[str, Sound] = {}
    for picture in _by_distance(pictures):
        once.setdefault(picture.probe.digest, picture)
    ordered = list(once.values())
    findings, pairs = [], _Pairs.of(ordered)
    for picture, number in zip(ordered, pairs.first.tolist(), strict=True):
        first = ordered[number]
        if first is picture:
            continue
        args: dict[str, Any] = {"other": first.path, "part": picture.part, "other_part": first.part}
        if picture.part == first.part:
            findings.append(info("picture_lookalike", picture.path, **args))
        else:
            findings.append(warning("split_lookalike", picture.path, **args))
    if pairs.passed_over:
        findings.append(info("lookalikes_many", count=pairs.passed_over))
    return findings


def _by_distance(pictures: list[Sound]) -> list[Sound]:
    used = [picture for picture in pictures if picture.part != "none"]
    return sorted(used, key=lambda picture: (_HELD_OUT[picture.part], picture.path))


@dataclass
class _Pairs:
    """For each of some pictures the first that looks the same, as its number; its own where there is none.

    Hashes that differ in few bits agree in some two of 7 bands. Pictures that agree there are put in a row by how
    bright they are, in which those that look the same are near, and each is compared with the next ones only: so a set
    in which all are nearly alike, a long video or scanned pages, takes no longer than another. `passed_over` counts
    pictures without a match that had more of the kind around them.
    """

    first: NDArray[np.int64]
    passed_over: int = 0

    @classmethod
    def of(cls, pictures: Sequence[Sound]) -> _Pairs:
        """Compare pictures, earlier ones counting as first."""
        count = len(pictures)
        bits = np.array([picture.probe.likeness for picture in pictures], np.uint64)
        thumbs = np.frombuffer(b"".join(picture.probe.thumb for picture in pictures), np.uint8).reshape(
            count, THUMB * THUMB
        )
        # The mean grey levels of two that look the same differ by no more than their pixels do.
        light = thumbs.mean(axis=1)
        by_light = np.argsort(light, kind="stable")
        rank = np.empty(count, np.uint64)
        rank[by_light] = np.arange(count, dtype=np.uint64)
        pairs, crowded = cls(np.arange(count)), np.zeros(count, bool)
        for one, other in combinations(_BANDS, 2):
            key = _band(bits, one) << np.uint64(10) | _band(bits, other)
            # By the key, then by light: numbers that hold both are sorted several times as fast as pairs are.
            row = by_light[(np.sort(key << _RANK_BITS | rank) & _RANKS).astype(np.intp)]
            for step in range(1, _WINDOW + 1):
                same = np.flatnonzero(key[row[step:]] == key[row[:-step]])
                pairs._compare(row[same], row[same + step], bits, thumbs)
            far = np.flatnonzero(key[row[_WINDOW + 1 :]] == key[row[: -_WINDOW - 1]]) if count > _WINDOW else same[:0]
            near = light[row[far + _WINDOW + 1]] - light[row[far]] <= MAX_GREY_LEVELS
            crowded[row[far[near]]] = True
        pairs.passed_over = int((crowded & (pairs.first == np.arange(count))).sum())
        return pairs

    def _compare(
        self, one: NDArray[np.int64], other: NDArray[np.int64], bits: NDArray[np.uint64], thumbs: NDArray[np.uint8]
    ) -> None:
        earlier, later = np.minimum(one, other), np.maximum(one, other)
        # What is known to resemble an earlier one need not be looked at again.
        open_ = np.flatnonzero(earlier < self.first[later])
        earlier, later = earlier[open_], later[open_]
        near = np.flatnonzero(_different_bits(bits[earlier] ^ bits[later]) <= MAX_BITS)
        for start in range(0, len(near), _AT_ONCE):
            some = near[start : start + _AT_ONCE]
            gaps = np.abs(thumbs[earlier[some]].astype(np.int16) - thumbs[later[some]])
            alike = some[gaps.mean(axis=1) <= MAX_GREY_LEVELS]
            np.minimum.at(self.first, later[alike], earlier[alike])


def _band(bits: NDArray[np.uint64], band: tuple[int, int]) -> NDArray[np.uint64]:
    low, high = band
    return bits >> np.uint64(low) & np.uint64((1 << (high - low)) - 1)


def _different_bits(bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    return np.asarray(_ONES[bits.view(np.uint16)].reshape(-1, 4).sum(axis=1), np.int64)
