"""The status of a run in words and in colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from engine.contract.run.folder import Status
from studio.i18n import tr
from studio.theme import palette

CHIP_HEIGHT = 20.0
_PAD = 8.0


def status_text(status: Status) -> str:
    """What a status is called."""
    words = {
        "queued": tr("studio.train.status_queued"),
        "running": tr("studio.train.status_running"),
        "finished": tr("studio.train.status_finished"),
        "cancelled": tr("studio.train.status_cancelled"),
        "failed": tr("studio.train.status_failed"),
        "lost": tr("studio.train.status_lost"),
    }
    return words[status]


def status_colour(status: Status) -> QColor:
    """Green for done, blue for running, amber for cancelled, red for failed and lost, grey for queued."""
    colours = palette()
    ended = {"cancelled": colours.warn, "failed": colours.bad, "lost": colours.bad}
    names = {"finished": colours.good, "running": colours.info} | ended
    return QColor(names.get(status, colours.muted))


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
