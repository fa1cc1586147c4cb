"""The status of a run as a chip in its colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QPainter

from engine.contract.run.folder import Status
from studio.presenters.run_status import STATUS_TONES, status_text
from studio.theme import palette
from studio.views.shared.chips import CHIP_HEIGHT, chip_width, paint_chip


def status_colour(status: Status) -> QColor:
    """Green for done, blue for running, amber for cancelled, red for failed and lost, grey for queued."""
    return QColor(getattr(palette(), STATUS_TONES[status] or "muted"))


def status_width(status: Status, font: QFont) -> float:
    """The width of a status's chip in pixels."""
    return chip_width(status_text(status), font)


def paint_status(painter: QPainter, status: Status, right: float, middle: float) -> QRectF:
    """Draw the chip with its right end at `right`; returns where it is."""
    width = status_width(status, painter.font())
    rect = QRectF(right - width, middle - CHIP_HEIGHT / 2, width, CHIP_HEIGHT)
    paint_chip(painter, status_text(status), status_colour(status), rect)
    return rect
