"""Curves over one axis, with a cross hair that the pointer or the arrow keys move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.theme import palette, restyle, theme
from studio.widgets.plot import bare_plot, recolour

_HEIGHT = 150
_AXIS_WIDTH = 52


@dataclass(frozen=True)
class Curve:
    """Points in the order of `xs`; `colour` is a field of Palette."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    colour: str
    dashed: bool = False
    wide: bool = False


class CurveChart(QWidget):
    """`pointed` tells the place on the axis that is meant, None when none is."""

    pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._curves: list[Curve] = []
        self._walls: list[float] = []
        self._at: float | None = None
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "drawing")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.plot = bare_plot()
        self.plot.getAxis("left").setWidth(_AXIS_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.addWidget(self.plot)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.viewport().installEventFilter(self)
        theme.changed.connect(self._draw)

    def show_curves(self, curves: Sequence[Curve], walls: Sequence[float] = ()) -> None:
        """Draw these; `walls` are places where something else begins."""
        self._curves, self._walls = list(curves), list(walls)
        self._draw()

    def name_axes(self, bottom: str, left: str = "") -> None:
        """Say what is drawn over what."""
        self.plot.setLabel("bottom", bottom)
        self.plot.setLabel("left", left) if left else None

    def cross(self, x: float | None) -> None:
        """Put the cross hair at a place, or take it away."""
        self._cross.setVisible(x is not None)
        self._at = x
        if x is not None:
            self._cross.setPos(x)

    def _draw(self) -> None:
        colours = palette()
        self.plot.clear()
        recolour(self.plot)
        for wall in self._walls:
            line = pg.InfiniteLine(wall, 90, pg.mkPen(QColor(colours.border_strong), style=Qt.PenStyle.DashLine))
            self.plot.addItem(line, ignoreBounds=True)
        for curve in reversed(self._curves):
            style = Qt.PenStyle.DotLine if curve.dashed else Qt.PenStyle.SolidLine
            pen = pg.mkPen(QColor(getattr(colours, curve.colour)), width=2.5 if curve.wide else 1.75, style=style)
            self.plot.plot(curve.xs, curve.ys, pen=pen, antialias=True)
        self._cross.setPen(pg.mkPen(QColor(colours.muted), width=1))
        self.plot.addItem(self._cross, ignoreBounds=True)
        self.cross(self._at)
        top = max((max(curve.ys) for curve in self._curves), default=1.0)
        right = max((curve.xs[-1] for curve in self._curves), default=1.0)
        self.plot.setYRange(0, top or 1.0, padding=0.06)
        self.plot.setXRange(0, right or 1.0, padding=0.01)

    def _on_mouse(self, position: QPointF) -> None:
        if self.plot.sceneBoundingRect().contains(position) and self._curves:
            self.pointed.emit(self.plot.getPlotItem().vb.mapSceneToView(position).x())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Notice that the pointer leaves the plot, and that it clicks there."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        elif event.type() == QEvent.Type.MouseButtonPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Left and right move the cross hair, Home and End take it to an edge, Escape takes it away."""
        right = max((curve.xs[-1] for curve in self._curves), default=0.0)
        at = self._at if self._at is not None else 0.0
        places = {
            Qt.Key.Key_Left: max(0.0, at - right / 100),
            Qt.Key.Key_Right: min(right, at + right / 100),
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: right,
        }
        key = Qt.Key(event.key())
        if key in places and self._curves:
            self.pointed.emit(places[key])
        elif key == Qt.Key.Key_Escape and self._at is not None:
            self.pointed.emit(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show it."""
        super().focusInEvent(event)
        restyle(self, held=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show it no more."""
        super().focusOutEvent(event)
        restyle(self, held=False)
        self.pointed.emit(None)
