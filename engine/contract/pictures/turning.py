"""How a picture is turned before anybody sees it: by the orientation of its EXIF, in JPEG, PNG, WebP and TIFF alike.

The libraries that decode turn some of these formats and not others, so they are told to turn nothing: engine and
studio read the orientation here and turn themselves. What is decoded first is the *stored* frame, what is shown,
indexed, trained on and predicted the *turned* one.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

Edges = tuple[float, float, float, float]
UPRIGHT = 1
ORIENTATION = 0x0112
MIRRORED = (2, 4, 5, 7)
SWAPPED = (5, 6, 7, 8)
"""Orientations that make the width the height."""
QUARTERS = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}
"""How many quarters clockwise a picture is turned, after it was mirrored from side to side if it is `MIRRORED`."""
_MOST_CHUNKS = 1 << 16
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_INTEGERS = {1: "B", 3: "H", 4: "I"}


def orientation_in(stream: BinaryIO) -> int:
    """The EXIF orientation of a picture's file, 1 to 8; 1 where there is none, or none that means anything."""
    start = stream.read(12)
    if start.startswith(b"\xff\xd8"):
        return _of_exif(_in_jpeg(stream))
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return _of_exif(_in_png(stream))
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return _of_exif(_in_webp(stream))
    return _in_tiff(stream)[0] if start[:4] in _BYTE_ORDERS else UPRIGHT


def stored_tiff(raw: bytes) -> bytes:
    """A TIFF as a file that says of itself that it is upright: decoders turn this format unasked."""
    orientation, at = _in_tiff(io.BytesIO(raw))
    if orientation == UPRIGHT:
        return raw
    return raw[:at] + raw[at : at + 4].replace(bytes([orientation]), bytes([UPRIGHT])) + raw[at + 4 :]


def turned_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """The size of the turned picture; also the stored size of a turned one."""
    return (height, width) if orientation in SWAPPED else (width, height)


def turned_box(box: Edges, width: float, height: float, orientation: int) -> Edges:
    """A box (left, top, right, bottom) of the stored frame, whose size is given, as one of the turned frame."""
    x1, y1, x2, y2 = box
    if orientation in MIRRORED:
        x1, x2 = width - x2, width - x1
    for _ in range(QUARTERS[orientation]):
        x1, y1, x2, y2 = height - y2, x1, height - y1, x2
        width, height = height, width
    return x1, y1, x2, y2


def _in_jpeg(stream: BinaryIO) -> bytes:
    stream.seek(2)
    for _ in range(_MOST_CHUNKS):
        mark = stream.read(2)
        if len(mark) < 2 or mark[0] != 0xFF or mark[1] in (0xDA, 0xD9):
            break
        if mark[1] == 0xFF or mark[1] == 0x01 or 0xD0 <= mark[1] <= 0xD8:
            stream.seek(-1 if mark[1] == 0xFF else 0, io.SEEK_CUR)
            continue
        length = int.from_bytes(stream.read(2), "big") - 2
        if length < 0:
            break
        if mark[1] == 0xE1 and length > 6:
            head = stream.read(6)
            if head == b"Exif\0\0":
                return stream.read(length - 6)
            length -= 6
        stream.seek(length, io.SEEK_CUR)
    return b""


def _in_png(stream: BinaryIO) -> bytes:
    stream.seek(8)
    for _ in range(_MOST_CHUNKS):
        head = stream.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            break
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"eXIf":
            return stream.read(length)
        stream.seek(length + 4, io.SEEK_CUR)
    return b""


def _in_webp(stream: BinaryIO) -> bytes:
    stream.seek(12)
    for _ in range(_MOST_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            break
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            return stream.read(length)
        stream.seek(length + length % 2, io.SEEK_CUR)
    return b""


def _of_exif(exif: bytes) -> int:
    """The orientation in a block of EXIF, which is a TIFF without a picture."""
    return _in_tiff(io.BytesIO(exif.removeprefix(b"Exif\0\0")))[0]


def _in_tiff(stream: BinaryIO) -> tuple[int, int]:
    """The orientation in the first directory of a TIFF, and where its number stands."""
    stream.seek(0)
    head = stream.read(8)
    order = _BYTE_ORDERS.get(head[:4])
    if order is None or len(head) < 8:
        return UPRIGHT, 0
    at = struct.unpack(f"{order}I", head[4:])[0]
    stream.seek(at)
    count = stream.read(2)
    rows = stream.read(12 * struct.unpack(f"{order}H", count)[0]) if len(count) == 2 else b""
    for place in range(0, len(rows) - 11, 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", rows, place)
        if tag == ORIENTATION:
            form = _INTEGERS.get(kind)
            value = struct.unpack_from(f"{order}{form}", rows, place + 8)[0] if form and number == 1 else UPRIGHT
            return (value, at + 2 + place + 8) if 1 <= value <= 8 else (UPRIGHT, 0)
    return UPRIGHT, 0
