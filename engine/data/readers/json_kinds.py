"""Which tool's json a file is, told by the keys in it; each file is read once for that."""

from __future__ import annotations

import re
from typing import Literal
from weakref import WeakKeyDictionary

from engine.data.files import SourceFiles

Kind = Literal["coco", "labelme", "createml", "other"]
_SIGNS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    ("coco", re.compile(rb'"images"\s*:')),
    ("labelme", re.compile(rb'"shapes"\s*:\s*\[')),
    ("createml", re.compile(rb'"coordinates"\s*:\s*\{|"image(filename)?"\s*:\s*"[^"]*"\s*,\s*"annotations?"\s*:\s*\[')),
)
_seen: WeakKeyDictionary[SourceFiles, dict[str, Kind]] = WeakKeyDictionary()


def json_kind(files: SourceFiles, path: str) -> Kind:
    """The kind of a json file; "other" when it is none that is read."""
    known = _seen.setdefault(files, {})
    if path not in known:
        raw = files.read(path).replace(b"\0", b"")
        known[path] = next((kind for kind, sign in _SIGNS if sign.search(raw)), "other")
    return known[path]
