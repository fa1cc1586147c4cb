"""A bar for each layer of a network, in order of execution, read out by the pointer or the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import palette, theme

_FOOT = 18
_LEAST = 3.0


HOLLOW = "accent_soft"
"""The colour of what is not there any more: it gets an outline."""


@dataclass(frozen=True)
class Bar:
    """Heights from 0 to 1 stacked from the ground up, each in a field of Palette, and one that hangs `below` it."""

    part: str
    heights: tuple[tuple[float, str], ...]
    below: tuple[float, str] | None = None


class BarChart(QWidget):
    """`pointed` tells the number of the bar that is meant, -1 when none is."""

    pointed = Signal(int)

    def __init__(self, height: int = 110, below: int = 0) -> None:
        super().__init__()
        self.bars: list[Bar] = []
        self._at = -1
        self._above, self._below = height, below
        self._names: dict[str, str] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room."""
        hanging = self._below if any(bar.below is not None for bar in self.bars) else 0
        return QSize(480, self._above + hanging + _FOOT)

    def show_bars(self, bars: Sequence[Bar], names: dict[str, str]) -> None:
        """Draw these; `names` of the parts of the network stand below where each begins."""
        self.bars, self._names = list(bars), names
        self.updateGeometry()
        self.update()
        if self._at >= len(self.bars):
            self.point(-1)

    @property
    def at(self) -> int:
        """The bar that is meant, -1 when none is."""
        return self._at

    def point(self, number: int) -> None:
        """Mean a bar."""
        if number != self._at:
            self._at = number
            self.update()
            self.pointed.emit(number)

    def bar_at(self, x: float) -> int:
        """The number of the bar at a place, -1 for none."""
        if not self.bars or not 0 <= x < self.width():
            return -1
        return min(len(self.bars) - 1, int(x * len(self.bars) / self.width()))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw bars, the one that is meant before a light ground, and the names of parts."""
        if not self.bars:
            return
        colours, painter = palette(), QPainter(self)
        wide, ground = self.width() / len(self.bars), float(self._above)
        deep = float(self.height() - self._above - _FOOT)
        if self._at >= 0:
            painter.fillRect(QRectF(self._at * wide, 0, wide, ground + deep), QColor(colours.selection))
        gap = 1.0 if wide < 6 else 2.0
        for number, bar in enumerate(self.bars):
            self._paint_bar(painter, bar, number * wide + gap / 2, wide - gap, ground, deep)
        painter.setPen(QPen(QColor(colours.border_strong), 1))
        painter.drawLine(QPointF(0, ground), QPointF(self.width(), ground))
        self._paint_parts(painter, wide, ground + deep)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_bar(self, painter: QPainter, bar: Bar, left: float, width: float, ground: float, deep: float) -> None:
        colours = palette()
        bottom = ground
        for height, colour in bar.heights:
            tall = max(_LEAST, height * (ground - 8)) if height > 0 else 0.0
            area = QRectF(left, bottom - tall, width, tall)
            painter.fillRect(area, QColor(getattr(colours, colour)))
            if colour == HOLLOW and tall:
                painter.setPen(QPen(QColor(colours.accent), 1))
                painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
            bottom -= tall
        if bar.below is not None:
            height, colour = bar.below
            painter.fillRect(QRectF(left, ground + 1, width, height * (deep - 2)), QColor(getattr(colours, colour)))

    def _paint_parts(self, painter: QPainter, wide: float, top: float) -> None:
        colours, font = palette(), self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        metrics, free = QFontMetricsF(font), 0.0
        before = ""
        for number, bar in enumerate(self.bars):
            if bar.part == before:
                continue
            before, x = bar.part, number * wide
            painter.setPen(QPen(QColor(colours.border_strong), 1))
            painter.drawLine(QPointF(x + 0.5, top), QPointF(x + 0.5, top + 4))
            name = self._names.get(bar.part, bar.part)
            room = metrics.horizontalAdvance(name)
            x = min(x, self.width() - room)
            if x >= free:
                painter.setPen(QColor(colours.muted))
                painter.drawText(QPointF(x + 1, top + metrics.ascent() + 3), name)
                free = x + room + 8

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Mean the bar under the pointer."""
        self.point(self.bar_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Mean none."""
        self.point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Left and right go from bar to bar, Home and End to an edge, Escape to none."""
        last = len(self.bars) - 1
        places = {
            Qt.Key.Key_Left: max(0, self._at - 1),
            Qt.Key.Key_Right: min(last, self._at + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if key in places and self.bars:
            self.point(places[key])
        elif key == Qt.Key.Key_Escape and self._at >= 0:
            self.point(-1)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Mean none."""
        super().focusOutEvent(event)
        self.point(-1)
