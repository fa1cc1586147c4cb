"""The files below a source folder, each with its size and time: what tells later that one was changed.

A stamp sees a file that was written again, not its bytes: one that has its old size and its old time is taken for what
it was. That happens where a tool sets the time back (`cp -p`, `rsync -t`, archives), where a clock was set back to the
very moment, and on file systems that count in whole seconds (FAT: two). A clock that jumps does no harm otherwise:
stamps are compared for being the same, not for which is newer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

Stamp = tuple[int, int]
"""Bytes, and the time of the last change in nanoseconds; (-1, -1) for a link that leads nowhere."""
_GONE: Stamp = (-1, -1)
_SMALL = 1 << 16


def stamped_files(root: Path) -> dict[str, Stamp]:
    """All files below `root` by their relative paths with forward slashes, sorted; hidden ones are left out.

    Links are followed, but into no folder twice. A project that was made inside the source is no part of it.
    """
    found = dict(_walk(root))
    return {path: found[path] for path in sorted(found)}


def _walk(root: Path) -> Iterator[tuple[str, Stamp]]:
    visited: set[tuple[int, int]] = set()
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            here = Path(folder).stat()
            entries = list(os.scandir(folder))
        except OSError:
            continue
        # A link that points at a folder above would never end.
        if (here.st_dev, here.st_ino) in visited or (prefix and _is_project(folder, entries)):
            continue
        visited.add((here.st_dev, here.st_ino))
        inner = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                inner.append(entry.name)
            else:
                yield prefix + entry.name, _stamp(entry)
        # The first is looked at first: of two ways to one folder the same is taken each time.
        for name in sorted(inner, reverse=True):
            if name != "__MACOSX":
                waiting.append((f"{folder}/{name}", f"{prefix}{name}/"))


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    try:
        found = entry.stat()
    except OSError:
        return _GONE
    return found.st_size, found.st_mtime_ns


def _is_project(folder: str, entries: list[os.DirEntry[str]]) -> bool:
    named = any(entry.name == "project.json" for entry in entries)
    return named and Path(folder, "data", "index.sqlite").is_file()


def read_listed(path: str, size: int) -> bytes:
    """All bytes of a file that was so large when it was listed; it may be another by now."""
    if not 0 <= size < _SMALL:
        with open(path, "rb") as stream:  # noqa: PTH123  # of many thousands a Path each takes as long
            return stream.read()
    handle = os.open(path, os.O_RDONLY)
    try:
        found = os.read(handle, size + 1)
        if len(found) == size:
            return found
        # It changed meanwhile, or the file system gives less than was asked for.
        parts = [found]
        while parts[-1]:
            parts.append(os.read(handle, _SMALL))
        return b"".join(parts)
    finally:
        os.close(handle)
