"""What the colours of a drawing mean."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio.theme import palette, theme
from studio.widgets.flow_layout import FlowLayout

Entry = tuple[str, str, bool]
"""A colour (a field of Palette), what it means, and whether it is that of a dashed line."""


class Swatch(QWidget):
    """A small field, or a dashed line, in a colour of the theme."""

    def __init__(self, colour: str, dashed: bool) -> None:
        super().__init__()
        self._colour, self._dashed = colour, dashed
        self.setFixedSize(QSize(14, 10))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(getattr(palette(), self._colour))
        if self._dashed:
            painter.setPen(QPen(colour, 2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(1, 5), QPointF(13, 5))
        else:
            outline = QColor(palette().accent) if self._colour == "accent_soft" else colour
            painter.setPen(QPen(outline, 1))
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(1.5, 1.5, 11, 7), 1.5, 1.5)


class Legend(QWidget):
    """Entries in a row, or in several where there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self._flow = FlowLayout(self, 12)
        self._shown: list[Entry] = []

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these."""
        if list(entries) == self._shown:
            return
        self._shown = list(entries)
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for colour, text, dashed in entries:
            self._flow.addWidget(_entry(colour, text, dashed))


def _entry(colour: str, text: str, dashed: bool) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(5)
    label = QLabel(text)
    label.setProperty("role", "caption")
    row.addWidget(Swatch(colour, dashed), 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(label)
    return made
