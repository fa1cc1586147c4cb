"""The status of a run as a chip in its colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from engine.contract.run.folder import Status
from studio.presenters.run_status import STATUS_TONES, status_text
from studio.theme import palette

CHIP_HEIGHT = 20.0
_PAD = 8.0


def status_colour(status: Status) -> QColor:
    """Green for done, blue for running, amber for cancelled, red for failed and lost, grey for queued."""
    return QColor(getattr(palette(), STATUS_TONES[status] or "muted"))


def chip_width(status: Status, font: QFont) -> float:
    """The width of a status's chip in pixels."""
    return QFontMetricsF(_small(font)).horizontalAdvance(status_text(status)) + 2 * _PAD


def paint_chip(painter: QPainter, status: Status, right: float, middle: float) -> QRectF:
    """Draw the chip with its right end at `right`; returns where it is."""
    painter.save()
    width = chip_width(status, painter.font())
    painter.setFont(_small(painter.font()))
    rect = QRectF(right - width, middle - CHIP_HEIGHT / 2, width, CHIP_HEIGHT)
    colour = status_colour(status)
    ground = QColor(colour)
    ground.setAlphaF(0.13)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect, CHIP_HEIGHT / 2, CHIP_HEIGHT / 2)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, status_text(status))
    painter.restore()
    return rect


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(11)
    return small
