"""The scatter of runs: mAP over a cost, the Pareto front, A and B in rings, a card under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.presenters.compare.run_rows import pareto
from studio.theme import palette, theme
from studio.views.shared.plot_tags import PlotTags
from studio.widgets.hover_card import HoverCard
from studio.widgets.plot import bare_plot, recolour

REACH = 14.0
"""Pixels from a mark at which the pointer still means it."""


@dataclass(frozen=True)
class Mark:
    """A run on the scatter: `filled` when both numbers are certain; `card` is shown at the pointer, as rich text."""

    name: str
    tag: str
    x: float
    y: float
    filled: bool
    card: str


class Scatter(QWidget):
    """Marks on two axes. `picked` tells the run that was clicked, `sided` a run and "a" or "b" chosen by key."""

    picked = Signal(str)
    sided = Signal(str, str)
    asked = Signal(str, QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.marks: tuple[Mark, ...] = ()
        self._a: str | None = None
        self._b: str | None = None
        self._near: str | None = None
        self.plot = bare_plot()
        self.tags = PlotTags(self.plot)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._card = HoverCard(self)
        self._card.setTextFormat(Qt.TextFormat.RichText)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.viewport().installEventFilter(self)
        theme.changed.connect(self.refresh)
        self.refresh()

    def show_marks(self, marks: Sequence[Mark], x_label: str, y_label: str) -> None:
        """Draw these marks under these names of the axes."""
        self.marks = tuple(marks)
        self.plot.setLabel("bottom", x_label)
        self.plot.setLabel("left", y_label)
        self.refresh()

    def show_sides(self, a: str | None, b: str | None) -> None:
        """Ring the runs A and B."""
        self._a, self._b = a, b
        self.refresh()

    def refresh(self) -> None:
        """Draw everything again, in the theme's colours."""
        colours = palette()
        self.plot.clear()
        self.tags.forget()
        recolour(self.plot)
        if not self.marks:
            return
        self._draw_front()
        for name, colour in ((self._a, colours.a), (self._b, colours.b)):
            self._draw(name, 22 if name != self._b or self._a != self._b else 28, None, QColor(colour), 2.5)
        for filled in (True, False):
            chosen = [mark for mark in self.marks if mark.filled is filled]
            brush = QColor(colours.accent) if filled else QColor(colours.surface)
            self._draw_marks(chosen, 11, brush, QColor(colours.accent), 2.0)
        self._draw(self._near, 11, QColor(colours.text), QColor(colours.text), 2.0)
        self._fit()
        self.tags.show([(mark.x, mark.y, mark.tag) for mark in self.marks])

    def _draw_front(self) -> None:
        front = pareto((mark.x, mark.y) for mark in self.marks)
        pen = pg.mkPen(QColor(palette().muted), width=1.5, style=Qt.PenStyle.DotLine)
        self.plot.plot([x for x, _ in front], [y for _, y in front], pen=pen).setZValue(-3)

    def _draw(self, name: str | None, size: int, brush: QColor | None, pen: QColor, width: float) -> None:
        self._draw_marks([mark for mark in self.marks if mark.name == name], size, brush, pen, width)

    def _draw_marks(self, marks: Sequence[Mark], size: int, brush: QColor | None, pen: QColor, width: float) -> None:
        item = pg.ScatterPlotItem(
            x=[mark.x for mark in marks],
            y=[mark.y for mark in marks],
            size=size,
            brush=pg.mkBrush(brush),
            pen=pg.mkPen(pen, width=width),
        )
        self.plot.addItem(item)

    def _fit(self) -> None:
        xs, ys = [mark.x for mark in self.marks], [mark.y for mark in self.marks]
        width = (max(xs) - min(xs)) or abs(xs[0]) or 1.0
        height = max(max(ys) - min(ys), 2.0)
        area = QRectF(min(xs) - 0.15 * width, min(ys) - 0.15 * height, 1.3 * width, height * 1.45)
        self.plot.setRange(area, padding=0)

    def mark_near(self, position: QPointF) -> Mark | None:
        """The mark within reach of a place in the plot's scene."""
        box = self.plot.getPlotItem().vb

        def distance(mark: Mark) -> float:
            away = box.mapViewToScene(QPointF(mark.x, mark.y)) - position
            return float((away.x() ** 2 + away.y() ** 2) ** 0.5)

        nearest = min(self.marks, key=distance, default=None)
        return nearest if nearest is not None and distance(nearest) <= REACH else None

    def _on_mouse(self, position: QPointF) -> None:
        mark = self.mark_near(position)
        self.setCursor(Qt.CursorShape.PointingHandCursor if mark else Qt.CursorShape.ArrowCursor)
        name = mark.name if mark else None
        if name != self._near:
            self._near = name
            self.refresh()
        if mark is None:
            self._card.hide()
        else:
            self._card.say(mark.card, self.plot.mapFromScene(position))

    def _on_click(self, event: object) -> None:
        mark = self.mark_near(event.scenePos())  # type: ignore[attr-defined]
        self.setFocus()
        if mark is None:
            return
        if event.button() == Qt.MouseButton.RightButton:  # type: ignore[attr-defined]
            self.asked.emit(mark.name, QPointF(event.screenPos()))  # type: ignore[attr-defined]
        else:
            self._near = mark.name
            self.picked.emit(mark.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """A and B choose sides for the mark under the pointer; arrows walk along the marks."""
        order = [mark.name for mark in sorted(self.marks, key=lambda mark: mark.x)]
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and order:
            place = order.index(self._near) + step if self._near in order else 0
            self._near = order[place % len(order)]
            self.refresh()
            self.picked.emit(self._near)
        elif event.key() in (Qt.Key.Key_A, Qt.Key.Key_B) and self._near is not None:
            self.sided.emit(self._near, "a" if event.key() == Qt.Key.Key_A else "b")
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Hide the card when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._card.hide()
        return super().eventFilter(watched, event)
