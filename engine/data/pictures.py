"""Looks at picture files: whether they decode and are whole, how large they are, what they resemble."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

THUMB = 16
_HASH_WIDTH, _HASH_HEIGHT = 9, 8


@dataclass(frozen=True)
class Probe:
    """What one picture file is.

    `width`, `height` in pixels as the trainer sees it (an EXIF rotation applied); `digest` the SHA-256 of its
    bytes; `likeness` a 64-bit difference hash and `thumb` its grey 16 x 16 miniature. A file with
    a `problem` does not decode, and sizes are 0: its end is missing, or it is no picture at all.
    """

    digest: str
    width: int = 0
    height: int = 0
    likeness: int = 0
    thumb: bytes = b""
    problem: Literal["unreadable", "truncated"] | None = None


def probe_all(paths: Iterable[Path], progress: Callable[[int, int], None] | None = None) -> list[Probe]:
    """Probe every file, in order, on all cores; `progress(done, total)` is called from this thread."""
    todo = list(paths)
    probes = []
    pool = ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8))
    try:
        for done, probe in enumerate(pool.map(probe_picture, todo), 1):
            probes.append(probe)
            if progress is not None:
                progress(done, len(todo))
    finally:
        # What is still waiting when `progress` raises is not to be looked at first.
        pool.shutdown(cancel_futures=True)
    return probes


def probe_picture(path: Path) -> Probe:
    """Read and decode one file; a file that cannot be read or decoded is told by its `problem`."""
    import cv2

    try:
        raw = path.read_bytes()
    except OSError:
        return Probe("", problem="unreadable")
    digest = hashlib.sha256(raw).hexdigest()
    # Before the decoder sees it, which refuses it too, but not without words of its own on the screen.
    if is_cut_off(raw):
        return Probe(digest, problem="truncated")
    try:
        pixels = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR) if raw else None
    except cv2.error:
        pixels = None
    if pixels is None:
        return Probe(digest, problem="unreadable")
    height, width = pixels.shape[:2]
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_HASH_WIDTH, _HASH_HEIGHT), interpolation=cv2.INTER_AREA)
    rises = np.packbits(small[:, 1:] > small[:, :-1])
    thumb = cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    return Probe(digest, width, height, int.from_bytes(rises.tobytes(), "big"), thumb.tobytes())


def is_cut_off(raw: bytes) -> bool:
    """Whether the end of a JPEG or PNG file is missing."""
    if raw.startswith(b"\xff\xd8"):
        return _jpeg_cut_off(raw)
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png_cut_off(raw)
    return False


def _jpeg_cut_off(raw: bytes) -> bool:
    at = 2
    # The end mark of a preview inside a header must not count, so headers are walked up to the first scan.
    while at + 4 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            return raw.find(b"\xff\xd9", at) < 0
        at += 2 + int(struct.unpack_from(">H", raw, at + 2)[0])
    return b"\xff\xd9" not in raw[at:]


def _png_cut_off(raw: bytes) -> bool:
    at = 8
    while at + 12 <= len(raw):
        length, kind = struct.unpack_from(">I4s", raw, at)
        if kind == b"IEND":
            return False
        at += 12 + int(length)
    return True
