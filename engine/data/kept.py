"""What an index keeps of a look at its source, so that the next look need not open every picture again."""

from __future__ import annotations

import dataclasses
import json
import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from engine.contract.dataset import Part
from engine.data.listing import Stamp
from engine.data.pictures import Probe

VERSION = 1
"""Goes up with every change of what `probe_picture` finds in the same file."""
_FIELDS = tuple(field.name for field in dataclasses.fields(Probe) if field.name != "thumb")
_THUMB_AT = [field.name for field in dataclasses.fields(Probe)].index("thumb")
_told = operator.attrgetter(*_FIELDS)
_AT_ONCE = 1 << 10
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
    looked_at = [(picture, picture.probe) for picture in pictures if picture.probe is not None]
    for start in range(0, len(looked_at), _AT_ONCE):
        some = looked_at[start : start + _AT_ONCE]
        # One text is made far quicker than many; no name of a problem and no digest has a bracket.
        told = json.dumps([_told(probe) for _, probe in some])[2:-2].split("], [")
        for (picture, probe), seen in zip(some, told, strict=True):
            yield picture.path, picture.declared, picture.dealt, _SHAPE, f"[{seen}]", probe.thumb


def _seen(told: list[Any], thumb: bytes) -> Probe:
    told.insert(_THUMB_AT, thumb)
    return Probe(*told)


def from_rows(rows: Iterable[tuple[Any, ...]]) -> dict[str, KeptPicture]:
    """What `to_rows` wrote, by path."""
    kept = {}
    parts = get_args(Part)
    usable = [row for row in rows if row[1] in parts and row[2] in parts]
    # One text is read far quicker than as many as there are pictures.
    told = iter(json.loads(f"[{','.join(row[4] for row in usable if row[3] == _SHAPE)}]"))
    for path, declared, dealt, shape, _, thumb in usable:
        probe = _seen(next(told), thumb) if shape == _SHAPE else None
        kept[path] = KeptPicture(path, probe, declared, dealt)
    return kept
