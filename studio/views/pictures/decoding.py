"""A picture's file as an image, turned as its EXIF says: by the rule that the engine goes by, not by Qt's own.

Qt turns JPEG only, and reads TIFF where the system has just the library that it was built with; Pillow always does.
"""

from __future__ import annotations

import io
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QTransform

from engine.contract.pictures.turning import MIRRORED, QUARTERS, UPRIGHT, orientation_in, stored_tiff, turned_size

_TIFF = (b"II*\0", b"MM\0*")


def decode(path: str, bound: QSize) -> QImage:
    """The picture, turned as its EXIF says, no larger than `bound` pixels; a null image when it cannot be read."""
    orientation = _orientation(path)
    limit = QSize(*turned_size(bound.width(), bound.height(), orientation))
    image = _tiff(path, limit) if _is_tiff(path) else _by_qt(path, limit)
    if orientation in MIRRORED:
        image = image.flipped(Qt.Orientation.Horizontal)
    return image.transformed(QTransform().rotate(90 * QUARTERS[orientation])) if QUARTERS[orientation] else image


def whole_size(path: str) -> QSize:
    """The size in pixels of the picture in a file, turned as its EXIF says; an empty one when it cannot be read."""
    size = _tiff_size(path) if _is_tiff(path) else _reader(path).size()
    return QSize(*turned_size(size.width(), size.height(), _orientation(path))) if size.isValid() else QSize()


def _orientation(path: str) -> int:
    try:
        with Path(path).open("rb") as stream:
            return orientation_in(stream)
    except OSError:
        return UPRIGHT


def _reader(path: str) -> QImageReader:
    reader = QImageReader(path)
    reader.setAutoTransform(False)
    reader.setDecideFormatFromContent(True)
    return reader


def _by_qt(path: str, limit: QSize) -> QImage:
    reader = _reader(path)
    size = reader.size()
    if size.isValid() and _exceeds(size, limit):
        reader.setScaledSize(_fitted(size, limit))
    return reader.read()


def _exceeds(size: QSize, limit: QSize) -> bool:
    return size.width() > limit.width() or size.height() > limit.height()


def _fitted(size: QSize, limit: QSize) -> QSize:
    return size.scaled(limit, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))


def _is_tiff(path: str) -> bool:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(4) in _TIFF
    except OSError:
        return False


def _tiff(path: str, limit: QSize) -> QImage:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(stored_tiff(Path(path).read_bytes()))) as opened:
            # Of 16 bits the upper 8 are shown, as the network is given them.
            deep = opened.mode.startswith("I;16")
            whole = opened.convert("I").point(lambda level: level * (1 / 256)).convert("L") if deep else opened
            size = QSize(*whole.size)
            if _exceeds(size, limit):
                size = _fitted(size, limit)
            pixels = whole.convert("RGB").resize((size.width(), size.height()), Image.Resampling.BILINEAR)
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return QImage()
    raw = pixels.tobytes()
    # The copy owns its pixels; what is made of `raw` would not.
    return QImage(raw, size.width(), size.height(), 3 * size.width(), QImage.Format.Format_RGB888).copy()


def _tiff_size(path: str) -> QSize:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(stored_tiff(Path(path).read_bytes()))) as opened:
            return QSize(*opened.size)
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return QSize()
