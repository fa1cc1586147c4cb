"""Rows of a name, a bar for a share of the whole, and a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.theme import palette, theme
from studio.widgets.labels import Text

_HEIGHT = 10


class Bar(QWidget):
    """A share of the whole as a bar; the first of its kind in the accent's colour."""

    def __init__(self, share: float, first: bool) -> None:
        super().__init__()
        self._share, self._first = share, first
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(60)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room."""
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the bar on its track."""
        colours = palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(self.rect())
        painter.setBrush(QColor(colours.sunken))
        painter.drawRoundedRect(track, 4, 4)
        painter.setBrush(QColor(colours.accent if self._first else colours.border_strong))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * self._share, track.height()), 4, 4)
        painter.end()


class BarRow(NamedTuple):
    """One row; `first` has the accent's colour, `tip` is what the mouse and a screen reader are told."""

    key: str
    name: str
    value: str
    share: float
    first: bool
    tip: str = ""


class BarRows(QWidget):
    """Draws rows anew each time that it is given some; `bars` has the bar of each by its key."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[str, Bar] = {}
        self._inside: QWidget | None = None
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)

    def show_rows(self, rows: Iterable[BarRow]) -> None:
        """Show these in place of what was shown."""
        if self._inside is not None:
            self._outer.removeWidget(self._inside)
            self._inside.hide()
            self._inside.deleteLater()
        self.bars = {}
        self._inside = self._grid(rows)
        self._outer.addWidget(self._inside)

    def _grid(self, rows: Iterable[BarRow]) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for place, row in enumerate(rows):
            name, value = Text("", "muted"), Text("", "caption")
            name.show_text(row.name)
            value.show_text(row.value)
            bar = self.bars[row.key] = Bar(row.share, row.first)
            bar.setAccessibleName(row.tip)
            for column, widget in enumerate((name, bar, value)):
                widget.setToolTip(row.tip)
                grid.addWidget(widget, place, column)
            grid.setAlignment(value, Qt.AlignmentFlag.AlignRight)
        return made
