"""Which picture of an index a picture of the source is: the same bytes, wherever they lie now, else the same path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.checks import Sound
from engine.data.sync.earlier import Earlier


@dataclass(frozen=True)
class Match:
    """`was` is the path that a picture had in the index, None for a new one; `copy_of` a path with its very bytes."""

    was: str | None = None
    copy_of: str | None = None


def match_pictures(pictures: Sequence[Sound], earlier: Earlier) -> dict[str, Match]:
    """What each picture was, by its path; no two were the same one.

    Bytes go before paths: where files were numbered anew, each keeps what was decided for what it shows.
    """
    found: dict[str, Match] = {}
    free = set(earlier.pictures)
    ordered = sorted(pictures, key=lambda picture: picture.path)
    for picture in ordered:
        old = earlier.pictures.get(picture.path)
        if old is not None and old.digest == picture.probe.digest:
            found[picture.path] = Match(picture.path)
            free.discard(picture.path)
    left = [picture for picture in ordered if picture.path not in found]
    by_digest = earlier.by_digest() if left else {}
    for picture in left:
        was = next((path for path in by_digest.get(picture.probe.digest, ()) if path in free), None)
        if was is not None:
            found[picture.path] = Match(was)
            free.discard(was)
    for picture in left:
        if picture.path not in found:
            same = by_digest.get(picture.probe.digest, [])
            was = picture.path if picture.path in free else None
            found[picture.path] = Match(was, same[0] if same and was is None else None)
            free.discard(picture.path)
    return found
