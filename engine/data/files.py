"""The files of a source folder, listed once, and how a name that an annotation gives is matched to one."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from engine.contract.dataset import Part
from engine.contract.text.messages import UserError

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
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
    pure = PurePosixPath(path)
    names = [*pure.parts[:-1]]
    if pure.suffix.lower() in {".json", ".txt"}:
        names.append(pure.stem)
    for name in reversed(names):
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


def without_suffix(path: str) -> str:
    """`path` without its ending, if that is one of a picture, an xml or a text file; names may hold dots."""
    stem, _, suffix = path.rpartition(".")
    return stem if f".{suffix.lower()}" in PICTURE_SUFFIXES | {".xml", ".txt"} else path


class SourceFiles:
    """All files below `root`, as relative paths with forward slashes, sorted.

    Raises UserError when `root` is not there, is not a folder, or holds no file.
    """

    def __init__(self, root: Path) -> None:
        shown = printable(str(root))
        if not root.exists():
            raise UserError("data.folder_missing", path=shown)
        if not root.is_dir():
            raise UserError("data.folder_not", path=shown)
        self.root = absolute(root)
        found = sorted(_walk(self.root))
        self.misnamed = [printable(path) for path in found if not _is_utf8(path)]
        self.paths = [path for path in found if _is_utf8(path)]
        if not found:
            raise UserError("data.folder_empty", path=shown)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            name = _key(path.rsplit("/", 1)[-1])
            self._by_name[name].append(path)
            if is_picture(path):
                self._by_stem[_key(without_suffix(name))].append(path)

    def ending(self, *suffixes: str) -> list[str]:
        """The files whose names end in one of `suffixes` (lower case, with the dot)."""
        return [path for path in self.paths if path.lower().endswith(suffixes)]

    def pictures(self) -> list[str]:
        """The files that are named like pictures."""
        return [path for path in self.paths if is_picture(path)]

    def read(self, path: str) -> bytes:
        """The file's bytes; raises UserError when it may not be read."""
        try:
            return (self.root / path).read_bytes()
        except OSError as closed:
            reason = closed.strerror or type(closed).__name__
            raise UserError("data.file_closed", path=str(self.root / path), reason=reason) from closed

    def text(self, path: str) -> str:
        """The file's text, whatever of the usual encodings it is in; raises UserError as `read` does."""
        return decode(self.read(path))

    def find(self, name: str, near: Sequence[str] = (), part: Part = "none", *, stem: bool = False) -> str | None:
        """The file that `name` speaks of, or None.

        First the folders `near` are tried, in order; then a file anywhere that shares the longest end of its
        path with `name`, if it is the only one and lies in no folder of another split than `part`.
        With `stem`, `name` has no ending and a picture with any ending fits.
        """
        wanted = clean(name)
        base = _key(wanted.rsplit("/", 1)[-1])
        candidates = (self._by_stem if stem else self._by_name).get(base, [])
        shorten = without_suffix if stem else str
        for folder in near:
            target = f"{folder}/{wanted}".strip("/")
            fitting = [path for path in candidates if _key(shorten(path)) == _key(target)]
            if fitting:
                return next((path for path in fitting if shorten(path) == target), fitting[0])
        if part != "none":
            candidates = [path for path in candidates if part_of(path) in ("none", part)]
        shared = [(_shared_end(_key(shorten(path)), _key(wanted)), path) for path in candidates]
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
    return path.lower().endswith(tuple(PICTURE_SUFFIXES))


def decode(raw: bytes) -> str:
    """Text from bytes: UTF-8, UTF-16 with its mark, else GB 18030, of which GBK and GB 2312 are parts."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def printable(text: str) -> str:
    """A file name that is not UTF-8, made fit for a screen or JSON."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_utf8(text: str) -> bool:
    return printable(text) == text


def _shared_end(path: str, wanted: str) -> int:
    length = 0
    for mine, theirs in zip(reversed(path.split("/")), reversed(wanted.split("/")), strict=False):
        if mine != theirs:
            break
        length += 1
    return length


def _walk(root: Path) -> Iterator[str]:
    visited = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        here = Path(folder).stat()
        # A link that points at a folder above would never end.
        if (here.st_dev, here.st_ino) in visited:
            folders.clear()
            continue
        visited.add((here.st_dev, here.st_ino))
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n != "__MACOSX")
        for name in names:
            if not name.startswith("."):
                yield Path(folder, name).relative_to(root).as_posix()
