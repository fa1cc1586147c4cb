"""A small coloured word on a ground of its colour, drawn into a cell or a widget."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

CHIP_HEIGHT = 20.0
_PAD, _SIZE, _GROUND = 8.0, 11, 0.13


def chip_width(text: str, font: QFont) -> float:
    """The width of a chip in pixels."""
    return QFontMetricsF(_small(font)).horizontalAdvance(text) + 2 * _PAD


def paint_chip(painter: QPainter, text: str, colour: QColor, rect: QRectF) -> None:
    """Draw a chip; what has no room for it is as wide as `rect`."""
    painter.save()
    painter.setFont(_small(painter.font()))
    ground = QColor(colour)
    ground.setAlphaF(_GROUND)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect, CHIP_HEIGHT / 2, CHIP_HEIGHT / 2)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(_SIZE)
    return small
