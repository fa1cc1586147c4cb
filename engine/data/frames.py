"""Which frame the boxes of pictures that EXIF turns were drawn on: the turned picture, or its stored pixels.

Some tools show a picture as it is stored. What tells is, in this order: a declared size that only one of the frames
has; boxes that fit into one only; what a person said; what the other pictures of the source tell, if they agree.
Where nothing tells, boxes are taken to be drawn on what viewers show, the turned picture, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.contract.dataset import Finding
from engine.contract.pictures.turning import UPRIGHT
from engine.contract.run.job import ExifFrame
from engine.data.findings import error, info, warning
from engine.data.pictures import Probe
from engine.data.records import SourcePicture

# Boxes reach over the edge by a rounding, or because somebody was careless: by less than this share of a side.
_SLACK = 0.02
_SAME_SHAPE = 0.02
_AGREED = 0.98
Asked = ExifFrame | Literal["ask"] | None


@dataclass(frozen=True)
class _Case:
    """A picture with boxes that EXIF turns, and what tells of its frame."""

    picture: SourcePicture
    probe: Probe
    fits: ExifFrame | None
    sized: ExifFrame | None


def settle_frames(
    pictures: Sequence[SourcePicture], probes: Sequence[Probe], asked: Asked
) -> tuple[frozenset[int], list[Finding]]:
    """The places in `pictures` of those whose boxes are of the stored frame, and what a person should know of it."""
    cases = {
        n: _Case(picture, probe, _fits(picture, probe), _sized(picture, probe))
        for n, (picture, probe) in enumerate(zip(pictures, probes, strict=True))
        if probe.problem is None and probe.orientation != UPRIGHT and picture.boxes
    }
    trusted = _sizes_trusted(list(cases.values()))
    told = {n: (case.sized if trusted else None) or case.fits for n, case in cases.items()}
    unclear = [n for n, frame in told.items() if frame is None]
    followed = asked if asked in ("turned", "stored") else _agreed([frame for frame in told.values() if frame])
    stored = {n for n, frame in told.items() if (frame or followed or "turned") == "stored"}
    by_itself = [n for n in stored if told[n] is not None]
    findings = [_turned("exif_turned", cases, by_itself)] if by_itself else []
    if not trusted:
        findings.append(_untrusted(cases))
    if unclear and followed is None:
        first = cases[unclear[0]].picture.file
        if asked == "ask":
            findings.append(error("exif_ask", first, count=len(unclear), of=len(pictures)))
        else:
            findings.append(warning("exif_unclear", first, count=len(unclear), of=len(pictures)))
    elif unclear and followed == "stored":
        findings.append(_turned("exif_asked" if asked == "stored" else "exif_followed", cases, unclear))
    return frozenset(stored), findings


def _turned(code: str, cases: Mapping[int, _Case], places: Sequence[int]) -> Finding:
    first = cases[min(places)].picture.file
    if code == "exif_followed":
        return warning("exif_followed", first, action="turned", count=len(places), of=len(cases))
    return info(code, first, action="turned", count=len(places), of=len(cases))


def _untrusted(cases: Mapping[int, _Case]) -> Finding:
    """The sizes that are not believed, by the first picture whose boxes prove one wrong."""
    proof = next(case for case in cases.values() if case.fits and case.sized and case.fits != case.sized)
    count = sum(case.sized is not None for case in cases.values())
    args: dict[str, Any] = {"count": count, "picture": proof.picture.path or proof.picture.name}
    return warning("exif_sizes_doubted", proof.picture.file, proof.picture.place, **args)


def _agreed(told: Sequence[ExifFrame]) -> ExifFrame | None:
    """The frame that pictures tell if they are one of mind; one that does not may be drawn carelessly."""
    frames: tuple[ExifFrame, ...] = ("turned", "stored")
    most = max(frames, key=told.count)
    return most if told and told.count(most) >= _AGREED * len(told) else None


def _fits(picture: SourcePicture, probe: Probe) -> ExifFrame | None:
    """The only frame into which all boxes fit; shares fit into any."""
    if picture.relative or probe.stored_size == (probe.width, probe.height) or _rescaled(picture, probe):
        return None
    right, bottom = max(box.x2 for box in picture.boxes), max(box.y2 for box in picture.boxes)

    def inside(width: int, height: int) -> bool:
        slack = 1 + _SLACK * max(width, height)
        return right <= width + slack and bottom <= height + slack

    turned, stored = inside(probe.width, probe.height), inside(*probe.stored_size)
    return None if turned == stored else "turned" if turned else "stored"


def _sized(picture: SourcePicture, probe: Probe) -> ExifFrame | None:
    """The only frame that has the declared size, or at least its shape."""
    if picture.size is None or picture.relative:
        return None
    turned, stored = (probe.width, probe.height), probe.stored_size
    if turned == stored:
        return None
    if picture.size in (turned, stored):
        return "turned" if picture.size == turned else "stored"
    alike = same_shape(picture.size, turned), same_shape(picture.size, stored)
    return None if alike[0] == alike[1] else "turned" if alike[0] else "stored"


def _rescaled(picture: SourcePicture, probe: Probe) -> bool:
    """Whether boxes are of another size than either frame, so that to fit says nothing."""
    return picture.size is not None and picture.size not in ((probe.width, probe.height), probe.stored_size)


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes differ in scale alone."""
    return abs((one[0] * other[1]) / (one[1] * other[0]) - 1) < _SAME_SHAPE


def _sizes_trusted(cases: Sequence[_Case]) -> bool:
    """Not where most boxes that can tell contradict: some tools show the turned picture and write the stored size.

    Where it is the size of the turned picture, one box alone may be careless: only who turned it knows that size.
    """
    tellers = [case for case in cases if case.fits is not None and case.sized is not None]
    against = [case for case in tellers if case.fits != case.sized]
    careless = len(against) == 1 and against[0].sized == "turned"
    return careless or len(against) * 2 <= len(tellers)
