"""The bars of the trade-off: the base above the recipe, with the target as a tick; hollow when not measured."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.contract.figures import Figure, Source
from studio.presenters.figure_words import provenance
from studio.theme import palette

_BAR = 8


class TradeoffBar(QWidget):
    """Two bars on one scale; what is outlined only was computed or estimated, what is filled was measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.base: float | None = None
        self.now: float | None = None
        self.target: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Two bars and the tick that reaches over both."""
        return QSize(200, 2 * _BAR + 9)

    def show_values(self, base: float | None, now: float | None, target: float | None) -> None:
        """Draw these values, in one unit."""
        self.base, self.now, self.target = base, now, target
        self.update()

    def _share(self, value: float) -> float:
        most = max(value for value in (self.base, self.now, self.target, 1e-12) if value is not None)
        return value / most

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Base in grey, recipe in the accent, target as a tick."""
        colours = palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.width() - 2.0
        met = self.target is None or self.now is None or self.now <= self.target
        for value, y, colour in (
            (self.base, 3.0, colours.border_strong),
            (self.now, 6.0 + _BAR, colours.accent if met else colours.bad),
        ):
            track = QRectF(1, y, room, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.border))
            painter.setOpacity(0.45)
            painter.drawRoundedRect(track, 3, 3)
            painter.setOpacity(1.0)
            if value is not None:
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(QRectF(1, y, max(room * self._share(value), 3), _BAR), 3, 3)
        if self.target is not None:
            x = min(1 + room * self._share(self.target), room)
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawLine(QPointF(x, 1), QPointF(x, 2 * _BAR + 8))
        painter.end()


class SourceMark(QWidget):
    """A ring for computed, a disc for measured, a square for published; an estimate has its ≈ already."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: Source | None = None
        self.setFixedSize(12, 16)

    @property
    def source(self) -> Source | None:
        """Where the figure beside the mark comes from."""
        return self._source

    def show_figure(self, figure: Figure | None) -> None:
        """Mark where a figure comes from, and say it with its conditions in the tooltip."""
        self._source = None if figure is None else figure.source
        self.setToolTip("" if figure is None else provenance(figure))
        self.setVisible(self._source not in (None, "estimated"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the mark."""
        if self._source in (None, "estimated"):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(palette().muted)
        painter.setPen(QPen(ink, 1.5))
        painter.setBrush(ink if self._source == "measured" else Qt.BrushStyle.NoBrush)
        middle = QPointF(6, self.height() / 2)
        if self._source == "published":
            painter.drawRect(QRectF(middle.x() - 3.5, middle.y() - 3.5, 7, 7))
        else:
            painter.drawEllipse(middle, 4, 4)
        painter.end()
