"""Finds pictures that are there twice, by their bytes or to the eye; across splits that is a leak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
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


def lookalikes(pictures: list[Sound]) -> list[Finding]:
    """Report pictures that look the same though their bytes differ: a warning across splits, else a note."""
    findings = []
    for picture, first in _pairs(_by_distance(pictures)):
        args: dict[str, Any] = {"other": first.path, "part": picture.part, "other_part": first.part}
        if picture.part == first.part:
            findings.append(info("picture_lookalike", picture.path, **args))
        else:
            findings.append(warning("split_lookalike", picture.path, **args))
    return findings


def _by_distance(pictures: list[Sound]) -> list[Sound]:
    used = [picture for picture in pictures if picture.part != "none"]
    return sorted(used, key=lambda picture: (_HELD_OUT[picture.part], picture.path))


def _pairs(pictures: list[Sound]) -> Iterator[tuple[Sound, Sound]]:
    """Each picture that resembles an earlier one, with that one."""
    buckets: dict[tuple[int, int], list[Sound]] = defaultdict(list)
    seen: set[str] = set()
    for picture in pictures:
        if picture.probe.digest in seen:
            continue
        seen.add(picture.probe.digest)
        bits = picture.probe.likeness
        keys = [(low, bits >> low & (1 << (high - low)) - 1) for low, high in _BANDS]
        first = next((old for key in keys for old in buckets[key] if _alike(old, picture)), None)
        if first is not None:
            yield picture, first
            continue
        for key in keys:
            buckets[key].append(picture)


def _alike(one: Sound, other: Sound) -> bool:
    if (one.probe.likeness ^ other.probe.likeness).bit_count() > MAX_BITS:
        return False
    first = np.frombuffer(one.probe.thumb, np.uint8).astype(np.int16)
    second = np.frombuffer(other.probe.thumb, np.uint8)
    return float(np.abs(first - second).mean()) <= MAX_GREY_LEVELS
