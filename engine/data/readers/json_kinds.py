"""The json of a source: which tool's a file is, told by the keys in it, and what it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Literal
from weakref import WeakKeyDictionary

from engine.contract.dataset import Action, Finding
from engine.data.files import SourceFiles
from engine.data.findings import error

Kind = Literal["coco", "labelme", "createml", "other"]
_SIGNS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    ("coco", re.compile(rb'"images"\s*:')),
    ("labelme", re.compile(rb'"shapes"\s*:\s*\[')),
    ("createml", re.compile(rb'"coordinates"\s*:\s*\{|"image(filename)?"\s*:\s*"[^"]*"\s*,\s*"annotations?"\s*:\s*\[')),
)
_HALF_LETTER = re.compile(r"\\u[dD][89a-fA-F]")
_EXPORT = re.compile(
    rb'\A\s*\{\s*"info"\s*:\s*\{\s*"description".{0,2000}?"content_hash"\s*:\s*"[0-9a-f]{64}"\s*\}', re.DOTALL
)
_HEAD = 1 << 12
_aside: WeakKeyDictionary[SourceFiles, frozenset[str]] = WeakKeyDictionary()
_seen: WeakKeyDictionary[SourceFiles, dict[str, Kind]] = WeakKeyDictionary()


def json_kind(files: SourceFiles, path: str) -> Kind:
    """The kind of a json file; "other" when it is none that is read."""
    known = _seen.setdefault(files, {})
    if path not in known:
        raw = files.read(path).replace(b"\0", b"")
        known[path] = next((kind for kind, sign in _SIGNS if sign.search(raw)), "other")
    return known[path]


def exports(files: SourceFiles) -> list[str]:
    """The json that this program wrote of a project's labels (`engine.data.writers.coco`)."""
    found = [path for path in files.ending(".json") if json_kind(files, path) == "coco"]
    return [path for path in found if _EXPORT.match(files.read(path)[:_HEAD])]


def set_aside(files: SourceFiles, paths: Collection[str]) -> None:
    """Have no reader take these for annotations."""
    _aside[files] = frozenset(paths)


def is_aside(files: SourceFiles, path: str) -> bool:
    """Whether a json is not to be read."""
    return path in _aside.get(files, ())


def load_json(files: SourceFiles, path: str, findings: list[Finding], *, mend: Action | None = None) -> Any:
    """What a json file holds; None, with a finding, when it is not whole."""
    place = "line 1"
    try:
        text = files.text(path)
        document = json.loads(text)
        return _whole_letters(document) if _HALF_LETTER.search(text) else document
    except json.JSONDecodeError as broken:
        place = f"line {broken.lineno}, column {broken.colno}"
    except (ValueError, RecursionError):
        # A number of thousands of digits, or brackets in brackets without end.
        pass
    findings.append(error("json_malformed", path, place, mend=mend))
    return None


def _whole_letters(value: Any) -> Any:
    """What is held, with U+FFFD for halves of letters that stand alone: no file could be written with those."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_letters(each) for each in value]
    if isinstance(value, dict):
        return {_whole_letters(key): _whole_letters(each) for key, each in value.items()}
    return value
