"""One picture of several annotations: of one split, with the boxes of all of them, equal ones once.

Programs leave copies (`1 (1).xml`), people share the work by class, exports overlap. Each annotation is settled by
itself first, by its own size and frame, so that only boxes in pixels of the real picture are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.contract.dataset import Box, Finding
from engine.contract.labels import CORRECTED
from engine.data.checks import Sound
from engine.data.findings import info, warning
from engine.data.gather.parts import settle_parts
from engine.data.records import Records, SourcePicture

# The same box by another program: rounded otherwise, or counted from 1.
_SAME_PX = 1.0
_SAME_IOU = 0.9


def settle_splits(records: Records) -> list[Finding]:
    """One split for all annotations of a picture, where they lie in files of several splits."""
    if len({picture.part for picture in records.pictures}) < 2:
        return []
    entries: dict[str, list[SourcePicture]] = defaultdict(list)
    for picture in records.pictures:
        if picture.path is not None:
            entries[picture.path].append(picture)
    claims = {path: {picture.part for picture in found} for path, found in entries.items()}
    if all(len(parts) == 1 for parts in claims.values()):
        return []
    parts, findings = settle_parts(claims, records.pictures[0].file)
    told = bool(findings)
    for path, found in entries.items():
        kept = next(picture for picture in found if picture.part == parts[path])
        others = [picture for picture in found if picture.part not in ("none", parts[path])]
        if others and not told:
            args: dict[str, Any] = {"name": kept.name, "kept": kept.part, "other": others[0].part}
            findings.append(warning("listed_twice", others[0].file, others[0].place, **args))
        for picture in found:
            picture.part = parts[path]
    return findings


@dataclass
class _Overlap:
    """What two annotation files both say something of."""

    picture: str
    pictures: int = 0
    added: int = 0
    equal: int = 0
    unlike: bool = False


def joined(settled: Iterable[Sound]) -> tuple[list[Sound], list[Finding]]:
    """Each picture once, and which files annotate the same ones."""
    pictures: dict[str, Sound] = {}
    overlaps: dict[tuple[str, str], _Overlap] = {}
    for sound in settled:
        kept = pictures.setdefault(sound.path, sound)
        if kept is sound:
            continue
        overlap = overlaps.setdefault((sound.file, kept.file), _Overlap(kept.path))
        before = len(kept.boxes)
        equal = _add(kept, sound)
        overlap.pictures += 1
        overlap.equal += equal
        overlap.added += len(kept.boxes) - before
        overlap.unlike |= len(kept.boxes) > before or equal < before
    # Labels that were corrected in the project stand in for each annotation of their picture.
    told = [_told(*files, overlap) for files, overlap in overlaps.items() if files[0] != CORRECTED]
    return list(pictures.values()), told


def _add(kept: Sound, other: Sound) -> int:
    """Take the boxes of another annotation in; how many of those that were there it has too."""
    known, met = len(kept.boxes), set()
    for box in other.boxes:
        same = next((n for n in range(known) if _equal(kept.boxes[n], box)), None)
        if same is None:
            kept.boxes.append(box)
            continue
        met.add(same)
        held = kept.boxes[same]
        flags = held.difficult or box.difficult, held.crowd or box.crowd
        kept.boxes[same] = replace(held, difficult=flags[0], crowd=flags[1])
    if other.lost and not kept.lost:
        kept.lost, kept.lost_in = True, other.lost_in
    return len(met)


def _equal(one: Box, other: Box) -> bool:
    if one.class_id != other.class_id:
        return False
    edges = zip((one.x1, one.y1, one.x2, one.y2), (other.x1, other.y1, other.x2, other.y2), strict=True)
    if all(abs(a - b) <= _SAME_PX for a, b in edges):
        return True
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared >= _SAME_IOU * (_area(one) + _area(other) - shared)


def _area(box: Box) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)


def _told(file: str, other: str, overlap: _Overlap) -> Finding:
    args: dict[str, Any] = {"other": other, "count": overlap.pictures, "picture": overlap.picture}
    if not overlap.unlike:
        return info("annotated_alike", file, **args)
    return warning("annotated_twice", file, added=overlap.added, equal=overlap.equal, **args)
