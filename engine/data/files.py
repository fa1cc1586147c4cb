"""The files of a source folder, listed once, and how a name that an annotation gives is matched to one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from engine.contract.dataset import Finding, Part
from engine.contract.text.messages import UserError
from engine.data.findings import info, warning
from engine.data.listing import Stamp, read_listed, stamped_files
from engine.data.text import Decoded, decode

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
HEIC_SUFFIXES = (".heic", ".heif")
"""Pictures as phones of Apple take them, which are not read."""
_ANNOTATION_SUFFIXES = (".txt", ".xml", ".json", ".yaml", ".yml", ".names", ".labels")
_PART_SUFFIXES = PICTURE_SUFFIXES.union(_ANNOTATION_SUFFIXES)
_SHORTENED = PICTURE_SUFFIXES.union((".xml", ".txt", *HEIC_SUFFIXES))
_UNKNOWN: Stamp = (-1, -1)
# A label is read in one piece, by calls that cost less than a stream; larger files are read as such.
_PART_WORDS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "trainval": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


def part_of(path: str) -> Part:
    """The split that a relative path names, as `train2017/a.jpg` or `instances_val.json` do; else "none".

    The folder nearest to the file decides; a file's own name counts only if it is a list or json.
    """
    folder, _, name = path.rpartition("/")
    return _part_of(f"{folder}/{PurePosixPath(name).stem}" if name.lower().endswith((".json", ".txt")) else folder)


@lru_cache(maxsize=1 << 12)
def _part_of(names: str) -> Part:
    # Few folders hold many pictures.
    for name in reversed(names.split("/")):
        for word in re.split(r"[^a-z]+", name.lower()):
            if word in _PART_WORDS:
                return _PART_WORDS[word]
    return "none"


def clean(name: str) -> str:
    """A path as annotations give it, with forward slashes, without drive, dots or spaces around it."""
    parts = [part for part in name.strip().replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(part for part in parts if not re.fullmatch(r"[A-Za-z]:", part))


def _key(text: str) -> str:
    # Archives made on a Mac hold decomposed letters, those made on Windows any case.
    return unicodedata.normalize("NFC", text).casefold()


def loose(text: str) -> str:
    """A name for comparing where exact names find nothing: without case, percent-encoding, or letters' makings."""
    return _key(unquote(text))


def without_suffix(path: str) -> str:
    """`path` without its ending, if that is one of a picture, an xml or a text file; names may hold dots."""
    return path[: path.rindex(".")] if _ending(path) in _SHORTENED else path


class SourceFiles:
    """All files below `root`, as relative paths with forward slashes, sorted, and their sizes and times.

    Raises UserError when `root` is not there, is not a folder, or holds no file.
    """

    def __init__(self, root: Path) -> None:
        shown = printable(str(root))
        if not root.exists():
            raise UserError("data.folder_missing", path=shown)
        if not root.is_dir():
            raise UserError("data.folder_not", path=shown)
        self.root = absolute(root)
        self.stamps = stamped_files(self.root)
        found = list(self.stamps)
        self.misnamed = [printable(path) for path in found if not _is_utf8(path)]
        self.paths = [path for path in found if _is_utf8(path)]
        if not found:
            raise UserError("data.folder_empty", path=shown)
        # Two tellings of each name, with its ending and (pictures) without: as it is, and as loosely as can be.
        # Each is made when it is first asked for: not all formats ask.
        self._names: dict[Callable[[str], str], _Names] = {}
        self.start = f"{str(self.root).rstrip('/')}/"
        self._by_ending: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            self._by_ending[_ending(path)].append(path)
        self._loosely: dict[str, str] = {}
        self._odd: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)

    def ending(self, *suffixes: str) -> list[str]:
        """The files whose names end in one of `suffixes` (lower case, with the dot)."""
        return sorted(path for suffix in suffixes for path in self._by_ending.get(suffix, ()))

    def pictures(self) -> list[str]:
        """The files that are named like pictures."""
        return self.ending(*PICTURE_SUFFIXES)

    def worth_keeping(self) -> dict[str, Stamp]:
        """Sizes and times of the files that may be part of a data set."""
        return {path: self.stamps[path] for path in self.ending(*PICTURE_SUFFIXES, *_ANNOTATION_SUFFIXES)}

    def read(self, path: str) -> bytes:
        """The file's bytes; raises UserError when it may not be read."""
        try:
            return read_listed(self.start + path, self.stamps.get(path, _UNKNOWN)[0])
        except OSError as closed:
            reason = closed.strerror or type(closed).__name__
            raise UserError("data.file_closed", path=str(self.root / path), reason=reason) from closed

    def text(self, path: str) -> str:
        """The file's text in its own encoding; raises UserError as `read` does. What is odd goes to `take_notes`."""
        likely = next((encoding for how, encoding, _ in self._odd if how == "guessed"), "")
        found = decode(self.read(path), likely)
        if found.how not in (None, "declared"):
            self._odd[str(found.how), found.encoding, found.declared][path] = _sample(found)
        return found.text

    def glimpse(self, path: str) -> str:
        """The file's text, of which nothing is noted: it may be no annotation at all."""
        return decode(self.read(path)).text

    def find(self, name: str, near: Sequence[str] = (), part: Part = "none", *, stem: bool = False) -> str | None:
        """The file that `name` speaks of, or None.

        First the folders `near` are tried, in order; then a file anywhere that shares the longest end of its
        path with `name`, if it is the only one and lies in no folder of another split than `part`.
        With `stem`, `name` has no ending and a picture with any ending fits. Where that finds nothing, names are
        compared without percent-encoding.
        """
        path = self.known(name, near, part, stem=stem)
        if path is not None:
            shown = without_suffix(path) if stem else path
            if _composed(shown.rsplit("/", 1)[-1]) != _composed(clean(name).rsplit("/", 1)[-1]):
                self.matched_loosely(name, path)
        return path

    def known(self, name: str, near: Sequence[str] = (), part: Part = "none", *, stem: bool = False) -> str | None:
        """What `find` finds, of which nothing is noted: nobody may make use of it."""
        found = (self._named(key).find(clean(name), near, part, stem=stem) for key in (_key, loose))
        return next((path for path in found if path is not None), None)

    def called(self, name: str, part: Part = "none") -> list[str]:
        """The files that are called as `name` ends, in any folder but those of another split than `part`."""
        base = clean(name).rsplit("/", 1)[-1]
        names = self._named(_key)
        held = names.whole[_key(base)] if is_picture(base) else names.stems[_key(base)]
        return [path for path in held if part == "none" or part_of(path) in ("none", part)]

    def twins(self, path: str) -> list[str]:
        """The other pictures of the same folder that differ from this one in their endings only."""
        return [other for other in self._named(_key).bare_paths[_key(without_suffix(path))] if other != path]

    def _named(self, key: Callable[[str], str]) -> _Names:
        if key not in self._names:
            self._names[key] = _Names(key, self.paths)
        return self._names[key]

    def matched_loosely(self, name: str, path: str) -> None:
        """Keep for `take_notes` that two names were taken for one though they are written differently."""
        self._loosely.setdefault(path, name)

    def take_notes(self) -> list[Finding]:
        """What a person should know of how files were read and matched since it was last asked: once for each kind."""
        found: list[Finding] = []
        odd, loosely = dict(self._odd), dict(self._loosely)
        self._odd.clear()
        self._loosely.clear()
        for (how, encoding, declared), samples in odd.items():
            first, sample = next(iter(samples.items()))
            count = len(samples)
            if how == "guessed":
                found.append(warning("encoding_guessed", first, count=count, encoding=encoding, sample=sample))
                continue
            args: dict[str, Any] = {"count": count, "encoding": encoding, "sample": sample, "declared": declared}
            if how == "doubtful":
                found.append(warning("encoding_doubtful", first, **args))
            else:
                found.append(warning("encoding_misdeclared", first, **args))
        if loosely:
            path, name = next(iter(loosely.items()))
            found.append(info("names_loosely", path, count=len(loosely), name=name))
        return found


class _Names:
    """Files by their names, as `key` tells names apart."""

    def __init__(self, key: Callable[[str], str], paths: Sequence[str]) -> None:
        self.key = key
        self.whole: dict[str, list[str]] = defaultdict(list)
        self.stems: dict[str, list[str]] = defaultdict(list)
        # The same by their whole paths: thousands of folders may each have a 0001.jpg.
        self.paths: dict[str, list[str]] = defaultdict(list)
        self.bare_paths: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            name = path.rsplit("/", 1)[-1]
            self.whole[self.key(name)].append(path)
            self.paths[self.key(path)].append(path)
            if is_picture(path):
                self.stems[self.key(without_suffix(name))].append(path)
                self.bare_paths[self.key(without_suffix(path))].append(path)

    def find(self, wanted: str, near: Sequence[str], part: Part, *, stem: bool) -> str | None:
        """As `SourceFiles.find` says, of a name that is `clean`."""
        key, shorten = self.key, without_suffix if stem else str
        held = self.bare_paths if stem else self.paths
        for folder in near:
            target = f"{folder}/{wanted}".strip("/")
            fitting = held.get(key(target))
            if fitting:
                return next((path for path in fitting if shorten(path) == target), fitting[0])
        candidates = (self.stems if stem else self.whole).get(key(wanted.rsplit("/", 1)[-1]), [])
        if part != "none":
            candidates = [path for path in candidates if part_of(path) in ("none", part)]
        shared = [(_shared_end(key(shorten(path)), key(wanted)), path) for path in candidates]
        best = max((length for length, _ in shared), default=0)
        ends = [path for length, path in shared if length == best]
        return ends[0] if len(ends) == 1 else None


def absolute(folder: Path) -> Path:
    """The whole path of a folder, which need not be there; raises UserError when it is not UTF-8."""
    whole = folder.resolve()
    if not _is_utf8(str(whole)):
        raise UserError("data.folder_name", path=printable(str(whole)))
    return whole


def is_picture(path: str) -> bool:
    """Whether the file is named like a picture."""
    return _ending(path) in PICTURE_SUFFIXES


def is_part(path: str) -> bool:
    """Whether a file may be part of a data set: a picture, an annotation, or a list of classes or pictures."""
    return _ending(path) in _PART_SUFFIXES


def printable(text: str) -> str:
    """A file name that is not UTF-8, made fit for a screen or JSON."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _sample(found: Decoded) -> str:
    """The first word of a text that its encoding decides, for a person to judge."""
    word = re.search(r"[^\s<>\"',;:\[\]{}]*[^\x00-\x7f][^\s<>\"',;:\[\]{}]*", found.text)
    return word.group()[:40] if word else ""


def _is_utf8(text: str) -> bool:
    return text.isascii() or printable(text) == text


def _ending(path: str) -> str:
    """From the last dot on, in small letters; empty where there is none."""
    dot = path.rfind(".")
    return path[dot:].lower() if dot >= 0 else ""


def _shared_end(path: str, wanted: str) -> int:
    length = 0
    for mine, theirs in zip(reversed(path.split("/")), reversed(wanted.split("/")), strict=False):
        if mine != theirs:
            break
        length += 1
    return length
