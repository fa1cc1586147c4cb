"""The small square in the colour of a class that stands before its name."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

_SIZE = QSize(10, 10)


def swatch(colour: QColor) -> QPixmap:
    """A rounded square."""
    pixmap = QPixmap(_SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(0, 0, _SIZE.width(), _SIZE.height(), 2, 2)
    painter.end()
    return pixmap
