"""The curves as they are seen, drawn anew for a file: names, legends and panels, without what can be pressed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QImageWriter, QPainter, QPen
from PySide6.QtSvg import QSvgGenerator

from studio.theme import palette
from studio.views.train.curve_panel import CurvePanel

RATIO = 2
"""Pixels of a PNG for one of the screen."""
_MARGIN, _LINE, _GAP = 16.0, 24.0, 8.0

Names = Sequence[tuple[str, QColor]]
"""The runs that are drawn, each with its colour; a single one stands as a title."""


def save_png(path: Path, panels: Sequence[CurvePanel], names: Names) -> bool:
    """Write a picture; False where that cannot be done."""
    size = drawing_size(panels)
    image = QImage((size * RATIO).toSize(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(RATIO, RATIO)
    paint_curves(painter, size, panels, names)
    painter.end()
    return bool(QImageWriter(str(path), QByteArray(b"png")).write(image))


def save_svg(path: Path, panels: Sequence[CurvePanel], names: Names) -> bool:
    """Write a drawing in vectors; False where that cannot be done."""
    size = drawing_size(panels)
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(QSize(round(size.width()), round(size.height())))
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(", ".join(name for name, _ in names))
    painter = QPainter()
    if not painter.begin(generator):
        return False
    paint_curves(painter, size, panels, names)
    return bool(painter.end())


def drawing_size(panels: Sequence[CurvePanel]) -> QSizeF:
    """The size of all panels under each other, as large as they are on the screen."""
    width = max(panel.plot.width() for panel in panels) + 2 * _MARGIN
    height = sum(_LINE + panel.plot.height() + _GAP for panel in panels) + _LINE + 2 * _MARGIN
    return QSizeF(width, height)


def paint_curves(painter: QPainter, size: QSizeF, panels: Sequence[CurvePanel], names: Names) -> None:
    """Draw title, legends and panels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    whole = QRectF(0, 0, size.width(), size.height())
    painter.fillRect(whole, QColor(palette().surface))
    inner = whole.marginsRemoved(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN))
    top = inner.top()
    entries = names if len(names) > 1 else ()
    _paint_line(painter, QRectF(inner.left(), top, inner.width(), _LINE), "" if entries else names[0][0], entries)
    top += _LINE
    for panel in panels:
        lines = [(line.button.text(), line.colour) for line in panel.lines.values() if line.button.isChecked()]
        _paint_line(painter, QRectF(inner.left(), top, inner.width(), _LINE), panel.title.text(), lines)
        top += _LINE
        target = QRectF(inner.left(), top, panel.plot.width(), panel.plot.height())
        panel.plot.render(painter, target, panel.plot.viewport().rect())
        top += panel.plot.height() + _GAP


def _paint_line(painter: QPainter, room: QRectF, title: str, entries: Names) -> None:
    """A heading, and behind it names with their colours, as many as there is room for."""
    left = room.left()
    if title:
        left = _paint_text(painter, QRectF(left, room.top(), room.right() - left, room.height()), title, 13, True)
    for text, colour in entries:
        if left + 60 > room.right():
            return
        painter.setPen(QPen(colour, 2.5))
        y = room.center().y()
        painter.drawLine(round(left), round(y), round(left) + 14, round(y))
        left = _paint_text(painter, QRectF(left + 20, room.top(), room.right() - left - 20, room.height()), text, 12)


def _paint_text(painter: QPainter, room: QRectF, text: str, pixels: int, bold: bool = False) -> float:
    """Write a text, cut where it must be; returns where the next may begin."""
    font = QFont()
    font.setPixelSize(pixels)
    font.setBold(bold)
    painter.setFont(font)
    painter.setPen(QColor(palette().text))
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    return room.left() + metrics.horizontalAdvance(shown) + 16
