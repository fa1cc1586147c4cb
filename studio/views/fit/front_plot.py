"""The front drawn: base, trials and winner filled, cuts that were not trained hollow, each with its intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.bound_texts import bind
from studio.i18n import tr
from studio.presenters.fit.front_marks import FrontDrawing, FrontMark
from studio.theme import palette, theme
from studio.views.shared.plot_tags import PlotTags
from studio.widgets.hover_card import HoverCard
from studio.widgets.plot import bare_plot, recolour

REACH = 14.0
"""Pixels from a mark at which the pointer still means it."""
_SHAPES = {"base": "s", "hollow": "o", "trial": "o", "winner": "star", "begun": "o", "other": "d"}
_SIZES = {"base": 11, "hollow": 9, "trial": 11, "winner": 19, "begun": 11, "other": 9}
_HEADROOM = 0.18


class FrontPlot(QWidget):
    """`picked` tells the key of a point that was clicked, or reached by arrow keys; `opened` one that was chosen."""

    picked = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawn = FrontDrawing("ms")
        self.chosen: str | None = None
        self._cards: Mapping[str, str] = {}
        self._near: str | None = None
        self._x_title = ""
        self._floor_y = 0.0
        self.plot = bare_plot()
        self.tags = PlotTags(self.plot)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bind(self.setAccessibleName, "studio.fit.plot")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._card = HoverCard(self)
        self._card.setTextFormat(Qt.TextFormat.RichText)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.viewport().installEventFilter(self)
        theme.changed.connect(self.refresh)

    def show_front(self, drawn: FrontDrawing, cards: Mapping[str, str], x_title: str) -> None:
        """Draw a front; `cards` have what stands on the card at the pointer, by key."""
        if (drawn, cards, x_title) == (self.drawn, self._cards, self._x_title):
            return
        self.drawn, self._cards, self._x_title = drawn, cards, x_title
        self.plot.setLabel("bottom", x_title)
        self.plot.setLabel("left", "mAP val")
        self.refresh()

    def clear(self) -> None:
        """Show nothing."""
        self.drawn = FrontDrawing("ms")
        self.refresh()

    def choose(self, key: str | None) -> None:
        """Ring a point."""
        if key != self.chosen:
            self.chosen = key
            self.refresh()

    def refresh(self) -> None:
        """Draw everything again, in the theme's colours."""
        self.plot.clear()
        self.tags.forget()
        recolour(self.plot)
        if not self.drawn.marks:
            return
        self._fit()
        self._draw_targets()
        self._draw_best()
        self._draw_spans()
        self._draw_marks()
        tagged = [mark for mark in self.drawn.marks if mark.tag]
        self.tags.show([(mark.x, self.height_of(mark), mark.tag) for mark in tagged])

    def height_of(self, mark: FrontMark) -> float:
        """Where a mark stands: on the lower axis while its mAP is not known."""
        return mark.y if mark.y is not None else self._floor_y

    def _fit(self) -> None:
        marks, asked = self.drawn.marks, (self.drawn.target, self.drawn.floor)
        xs = [mark.x for mark in marks] + [limit for limit in asked[:1] if limit is not None]
        spans = [end for mark in marks if mark.kind in ("base", "trial", "winner") for end in mark.y_span or ()]
        ys = [mark.y for mark in marks if mark.y is not None] + spans + [y for y in asked[1:] if y is not None]
        ys = ys or [0.0, 1.0]
        width = (max(xs) - min(xs)) or abs(xs[0]) or 1.0
        height = max(max(ys) - min(ys), 2.0)
        bottom = min(ys) - _HEADROOM * height
        self._floor_y = bottom + 0.07 * height
        area = QRectF(min(xs) - 0.08 * width, bottom, 1.16 * width, height * (1 + 2 * _HEADROOM))
        self.plot.setRange(area, padding=0)

    def _draw_targets(self) -> None:
        colours = palette()
        for value, angle, code in (
            (self.drawn.target, 90, "studio.fit.line_target"),
            (self.drawn.floor, 0, "studio.fit.line_floor"),
        ):
            if value is None:
                continue
            pen = pg.mkPen(QColor(colours.warn), width=1.5, style=Qt.PenStyle.DashLine)
            place = {"position": 0.94, "color": QColor(colours.warn), "fill": QColor(colours.surface), "movable": False}
            place |= {"anchors": [(0, 0.5), (1, 0.5)] if angle == 90 else [(0.5, 0), (0.5, 1)]}
            line = pg.InfiniteLine(pos=value, angle=angle, pen=pen, label=tr(code), labelOpts=place)
            line.setZValue(-5)
            self.plot.addItem(line)

    def _draw_best(self) -> None:
        pen = pg.mkPen(QColor(palette().muted), width=1.5, style=Qt.PenStyle.DotLine)
        best = self.drawn.best
        self.plot.plot([x for x, _ in best], [y for _, y in best], pen=pen).setZValue(-3)

    def _draw_spans(self) -> None:
        """Bars between which a time and mAP lie; those of hollow points are mere bounds, and fainter."""
        for faint in (True, False):
            marks = [mark for mark in self.drawn.marks if mark.y is not None and (mark.kind == "hollow") is faint]
            colour = QColor(palette().muted if faint else palette().accent)
            colour.setAlpha(110)
            if marks:
                bars = pg.ErrorBarItem(
                    x=np.array([mark.x for mark in marks]),
                    y=np.array([mark.y for mark in marks]),
                    **_ends(marks, across=not faint),
                    pen=pg.mkPen(colour, width=1.5),
                )
                bars.setZValue(-2)
                self.plot.addItem(bars)

    def _draw_marks(self) -> None:
        colours = palette()
        for mark in self.drawn.marks:
            filled = mark.kind in ("base", "trial", "winner")
            colour = QColor(colours.muted if mark.kind in ("hollow", "other") else colours.accent)
            if mark.kind == "winner":
                colour = QColor(colours.a)
            if mark.key == self._near:
                colour = QColor(colours.text)
            if mark.key == self.chosen:
                self._spot(mark, _SIZES[mark.kind] + 11, "o", None, QColor(colours.b), 2.5)
            brush = colour if filled else QColor(colours.surface)
            self._spot(mark, _SIZES[mark.kind], _SHAPES[mark.kind], brush, colour, 2.0)

    def _spot(self, mark: FrontMark, size: int, shape: str, brush: QColor | None, pen: QColor, width: float) -> None:
        item = pg.ScatterPlotItem(
            x=[mark.x], y=[self.height_of(mark)], size=size, symbol=shape, brush=pg.mkBrush(brush),
            pen=pg.mkPen(pen, width=width),
        )  # fmt: skip
        self.plot.addItem(item)

    def place_of(self, mark: FrontMark) -> QPointF:
        """Where a mark is in the plot's scene."""
        spot: QPointF = self.plot.getPlotItem().vb.mapViewToScene(QPointF(mark.x, self.height_of(mark)))
        return spot

    def mark_near(self, position: QPointF) -> FrontMark | None:
        """The mark within reach of a place in the plot's scene; of those that lie on each other what was trained."""

        def distance(mark: FrontMark) -> float:
            away = self.place_of(mark) - position
            return float((away.x() ** 2 + away.y() ** 2) ** 0.5)

        near = [mark for mark in self.drawn.marks if distance(mark) <= REACH]
        return min(near, key=lambda mark: (round(distance(mark) / 3), mark.kind == "hollow"), default=None)

    def _on_mouse(self, position: QPointF) -> None:
        mark = self.mark_near(position)
        self.setCursor(Qt.CursorShape.PointingHandCursor if mark else Qt.CursorShape.ArrowCursor)
        key = mark.key if mark is not None else None
        if key != self._near:
            self._near = key
            self.refresh()
        text = self._cards.get(key or "")
        if text is None:
            self._card.hide()
        else:
            self._card.say(text, self.plot.mapFromScene(position))

    def _on_click(self, event: Any) -> None:
        self.setFocus()
        mark = self.mark_near(event.scenePos())
        if mark is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(mark.key)
            if event.double():
                self.opened.emit(mark.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows walk along the points, Return opens the one that is chosen."""
        order = [mark.key for mark in sorted(self.drawn.marks, key=lambda mark: mark.x)]
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and order:
            place = order.index(self.chosen) + step if self.chosen in order else 0
            self.picked.emit(order[place % len(order)])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen is not None:
            self.opened.emit(self.chosen)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Hide the card when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._card.hide()
            if self._near is not None:
                self._near = None
                self.refresh()
        return super().eventFilter(watched, event)


def _ends(marks: Sequence[FrontMark], *, across: bool) -> dict[str, np.ndarray[Any, Any]]:
    """How far bars reach from their marks on each side, sideways only `across`; 0 where an interval is not known."""

    def reach(of: str, end: int) -> np.ndarray[Any, Any]:
        spans = [(getattr(mark, f"{of}_span"), getattr(mark, of)) for mark in marks]
        return np.array([abs(span[end] - middle) if span is not None else 0.0 for span, middle in spans])

    sides = {"bottom": ("y", 0), "top": ("y", 1), **({"left": ("x", 0), "right": ("x", 1)} if across else {})}
    return {side: reach(of, end) for side, (of, end) in sides.items()}
