"""Shares of the picture where a format has pixels: said, and with `--fix` taken for what they are."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from engine.contract.dataset import Finding
from engine.data.findings import error
from engine.data.records import Records, SourceBox, SourcePicture

# Boxes drawn over the edge reach a little beyond 1; no box of pixels that anybody drew ends there.
_LEAST, _MOST, _THIN = -0.5, 1.5, 0.99


def shares_for_pixels(records: Records, *, fix: bool) -> list[Finding]:
    """Files all of whose boxes lie within a pixel and a half; with `fix` their pictures are `relative` from here on."""
    by_file: dict[str, list[SourcePicture]] = defaultdict(list)
    for picture in records.pictures:
        if picture.boxes and not picture.relative:
            by_file[picture.file].append(picture)
    held = {file: pictures for file, pictures in by_file.items() if _all_shares(pictures)}
    if not held:
        return []
    if 2 * len(held) > len(by_file):
        # Among shares a box of 0 0 1 1 is the whole picture.
        held |= {file: pictures for file, pictures in by_file.items() if _near_one(pictures)}
    pictures = [picture for found in held.values() for picture in found]
    file, box = pictures[0].file, pictures[0].boxes[0]
    if fix:
        for picture in pictures:
            picture.relative = True
    shown = " ".join(f"{n:.4g}" for n in _edges(box))
    args: dict[str, Any] = {"box": shown, "count": sum(len(picture.boxes) for picture in pictures)}
    return [error("shares_for_pixels", file, box.place, mend="scaled", **args)]


def _all_shares(pictures: list[SourcePicture]) -> bool:
    """Where most boxes are under a pixel: one of 0 0 1 1, or without any side, is one that slipped."""
    if not _near_one(pictures):
        return False
    boxes = [box for picture in pictures for box in picture.boxes]
    return 2 * sum(0 < min(box.x2 - box.x1, box.y2 - box.y1) < _THIN for box in boxes) > len(boxes)


def _near_one(pictures: list[SourcePicture]) -> bool:
    # Of a million boxes the first tells.
    return all(_LEAST <= n <= _MOST for picture in pictures for box in picture.boxes for n in _edges(box))


def _edges(box: SourceBox) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2
