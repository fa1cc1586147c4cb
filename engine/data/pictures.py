"""Looks at picture files: whether they decode and are whole, how large they are, what they resemble.

Every picture that the engine decodes is decoded and turned here.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.contract.pictures.turning import MIRRORED, QUARTERS, UPRIGHT, orientation_in, stored_tiff, turned_size

THUMB = 16
_HASH_WIDTH, _HASH_HEIGHT = 9, 8
# What likeness is judged by is at least as large, so that it is the same to a grey level however it was decoded.
_ENOUGH = 64
# Few, for what has begun is waited for when somebody cancels: a large photograph takes a tenth of a second.
_AT_ONCE = 4
_TIFF = (b"II*\0", b"MM\0*")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Probe:
    """What one picture file is.

    `width`, `height` in pixels as the trainer sees it, which is turned by its EXIF `orientation`; `digest` the SHA-256
    of its bytes; `likeness` a 64-bit difference hash and `thumb` its grey 16 x 16 miniature. A file with
    a `problem` does not decode, and sizes are 0: its end is missing, it is HEIC, or it is no picture at all.
    """

    digest: str
    width: int = 0
    height: int = 0
    likeness: int = 0
    thumb: bytes = b""
    problem: Literal["unreadable", "truncated", "heic"] | None = None
    orientation: int = UPRIGHT

    @property
    def stored_size(self) -> tuple[int, int]:
        """Its width and height before it is turned."""
        return turned_size(self.width, self.height, self.orientation)


def probe_all(paths: Iterable[str | Path], progress: Callable[[int, int], None] | None = None) -> list[Probe]:
    """Probe every file, in order, on all cores; `progress(done, total)` is called from this thread."""
    todo = list(paths)
    probes: list[Probe] = []
    pool = ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8))
    try:
        parts = [todo[start : start + _AT_ONCE] for start in range(0, len(todo), _AT_ONCE)]
        for part in pool.map(_probe_some, parts):
            for probe in part:
                probes.append(probe)
                if progress is not None:
                    progress(len(probes), len(todo))
    finally:
        # What is still waiting when `progress` raises is not to be looked at first.
        pool.shutdown(cancel_futures=True)
    return probes


def _probe_some(paths: Sequence[str | Path]) -> list[Probe]:
    return [probe_picture(path) for path in paths]


def probe_picture(path: str | Path) -> Probe:
    """Read and decode one file; a file that cannot be read or decoded is told by its `problem`."""
    import cv2

    try:
        raw = Path(path).read_bytes()
    except OSError:
        return Probe("", problem="unreadable")
    digest = hashlib.sha256(raw).hexdigest()
    # Before the decoder sees it, which refuses it too, but not without words of its own on the screen.
    if is_cut_off(raw):
        return Probe(digest, problem="truncated")
    orientation = orientation_in(io.BytesIO(raw))
    size, grey = _size_and_grey(raw)
    if grey is None:
        return Probe(digest, problem="heic" if is_heic(raw) else "unreadable")
    grey = _turned(grey, orientation)
    small = cv2.resize(grey, (_HASH_WIDTH, _HASH_HEIGHT), interpolation=cv2.INTER_AREA)
    rises = np.packbits(small[:, 1:] > small[:, :-1])
    thumb = cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    likeness = int.from_bytes(rises.tobytes(), "big")
    return Probe(digest, *turned_size(*size, orientation), likeness, thumb.tobytes(), orientation=orientation)


def decode(raw: bytes) -> Pixels | None:
    """The picture in a file's bytes as BGR (height, width, 3), turned as its EXIF says; None when it is none."""
    import cv2

    pixels = _stored(raw, cv2.IMREAD_COLOR)
    return None if pixels is None else _turned(pixels, orientation_in(io.BytesIO(raw)))


def _stored(raw: bytes, flags: int) -> Pixels | None:
    import cv2

    raw = stored_tiff(raw) if raw[:4] in _TIFF else raw
    try:
        pixels = cv2.imdecode(np.frombuffer(raw, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION) if raw else None
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    pixels = pixels[:, ::-1] if orientation in MIRRORED else pixels
    return np.ascontiguousarray(np.rot90(pixels, -QUARTERS[orientation]))


def _size_and_grey(raw: bytes) -> tuple[tuple[int, int], Pixels | None]:
    """The stored size in pixels, and a grey copy that may be smaller: of a JPEG an eighth is decoded far faster."""
    import cv2

    size = _jpeg_size(raw)
    scale = next((n for n in (8, 4, 2) if size is not None and min(size) >= n * _ENOUGH), 1)
    if size is not None and scale > 1:
        grey = _stored(raw, getattr(cv2, f"IMREAD_REDUCED_GRAYSCALE_{scale}"))
        # The header says nothing of a file that decodes to something else.
        if grey is not None and (grey.shape[1], grey.shape[0]) == tuple(-(-side // scale) for side in size):
            return size, grey
    pixels = _stored(raw, cv2.IMREAD_COLOR)
    if pixels is None:
        return (0, 0), None
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    return (pixels.shape[1], pixels.shape[0]), grey


def is_heic(raw: bytes) -> bool:
    """Whether it is a picture as iPhones take them, whatever its file is called."""
    return raw[4:8] == b"ftyp" and raw[8:12] in _HEIC


def is_cut_off(raw: bytes) -> bool:
    """Whether the end of a JPEG or PNG file is missing."""
    if raw.startswith(b"\xff\xd8"):
        return _jpeg_cut_off(raw)
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png_cut_off(raw)
    return False


def _jpeg_size(raw: bytes) -> tuple[int, int] | None:
    """Width and height from the header of a frame; None where there is none before the first scan."""
    at = 2 if raw.startswith(b"\xff\xd8") else len(raw)
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", raw, at + 5)
            return (width, height) if width and height else None
        elif marker == 0xDA:
            return None
        else:
            at += 2 + int(struct.unpack_from(">H", raw, at + 2)[0])
    return None


def _jpeg_cut_off(raw: bytes) -> bool:
    at = 2
    # The end mark of a preview inside a header must not count, so headers are walked up to the first scan.
    while at + 4 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            # From the end, where it stands in a whole file.
            return raw.rfind(b"\xff\xd9", at) < 0
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
