"""What an index keeps of a look at its source, so that the next look need not open every picture again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from engine.contract.dataset import Part
from engine.data.listing import Stamp
from engine.data.pictures import Probe

VERSION = 1
"""Goes up with every change of what `probe_picture` finds in the same file."""
_FIELDS = tuple(field.name for field in dataclasses.fields(Probe) if field.name != "thumb")
_SHAPE = f"{VERSION} {' '.join(_FIELDS)}"


@dataclass(frozen=True)
class KeptPicture:
    """A picture file: what was seen of it, the split that the source declared, and the one that it was given.

    Both are "none" where the source declares nothing, and for what was left out. A copy that `--fix` took out of use
    was given a split all the same. What another version saw is no `probe`.
    """

    path: str
    probe: Probe | None
    declared: Part = "none"
    dealt: Part = "none"


@dataclass(frozen=True)
class Kept:
    """The files of a source with their stamps, its pictures, which corrected labels were taken in, and what class numbers mean."""

    files: Mapping[str, Stamp] = dataclasses.field(default_factory=dict)
    pictures: tuple[KeptPicture, ...] = ()
    corrections: Mapping[str, str] = dataclasses.field(default_factory=dict)
    numbers: Mapping[int, str] = dataclasses.field(default_factory=dict)


def kept_pictures(
    probes: Mapping[str, Probe], declared: Mapping[str, Part], dealt: Mapping[str, Part]
) -> tuple[KeptPicture, ...]:
    """What is kept of all pictures that were opened; those that are in use have splits."""
    return tuple(
        KeptPicture(path, probe, declared.get(path, "none"), dealt.get(path, "none")) for path, probe in probes.items()
    )


def to_rows(pictures: Iterable[KeptPicture]) -> Iterator[tuple[Any, ...]]:
    """The rows of the table `probes`."""
    for picture in pictures:
        if picture.probe is not None:
            seen = [getattr(picture.probe, name) for name in _FIELDS]
            yield picture.path, picture.declared, picture.dealt, _SHAPE, json.dumps(seen), picture.probe.thumb


def from_rows(rows: Iterable[tuple[Any, ...]]) -> dict[str, KeptPicture]:
    """What `to_rows` wrote, by path."""
    kept = {}
    parts = get_args(Part)
    for path, declared, dealt, shape, seen, thumb in rows:
        if declared not in parts or dealt not in parts:
            continue
        known = shape == _SHAPE
        probe = Probe(**dict(zip(_FIELDS, json.loads(seen), strict=True)), thumb=thumb) if known else None
        kept[path] = KeptPicture(path, probe, declared, dealt)
    return kept
