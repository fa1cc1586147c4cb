"""One panel of curves: its lines, its legend that switches them and reads them out, its cross hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from studio.presenters.numbers import shown_value
from studio.presenters.train.curve_names import curve_name, curve_tip
from studio.presenters.train.overlay import SERIES
from studio.presenters.train.series import Series, smooth, thin
from studio.theme import palette
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.plot import bare_plot, recolour

AXIS_WIDTH = 48
SYMBOLS = ("o", "s", "t", "d", "x", "+")
"""The mark of a point, by the slot of its run: colours alone do not tell everybody runs apart."""
SMOOTH_POINTS = 700
"""About as many as a panel has pixels across; more cost time and show nothing."""


@dataclass(frozen=True)
class Drawn:
    """How a curve is drawn and named: of a run beside others `text` in the legend, `tip` where that is short, and the
    `slot` of the run; of a run alone `text` is the metric."""

    text: str
    tip: str = ""
    slot: int | None = None


class Line:
    """One curve on a panel: faint as told, strong as smoothed, and its button in the legend."""

    def __init__(self, drawn: Drawn, colour: QColor, dashed: bool, plot: Any) -> None:
        self.drawn, self.dashed = drawn, dashed
        self.series = Series()
        self.raw, self.main = plot.plot(antialias=False), plot.plot(antialias=True)
        self.button = QToolButton()
        self.button.setCheckable(True)
        self.button.setChecked(True)
        self.button.setProperty("role", "legend")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(16, 12))
        self.button.toggled.connect(self._on_toggled)
        self.paint(colour)

    def paint(self, colour: QColor) -> None:
        """Take a colour."""
        faint = QColor(colour)
        faint.setAlpha(70)
        style = Qt.PenStyle.DashLine if self.dashed else Qt.PenStyle.SolidLine
        pen = pg.mkPen(colour, width=1.75, style=style)
        if self.dashed:
            pen.setDashPattern([5, 4])
        self.main.setPen(pen)
        self.raw.setPen(pg.mkPen(faint, width=1))
        if self.dashed:
            self.main.setSymbol(SYMBOLS[self.drawn.slot or 0])
            self.main.setSymbolSize(6 if self.drawn.slot else 5)
            self.main.setSymbolPen(None)
            self.main.setSymbolBrush(colour)
        self.colour = colour
        self.button.setIcon(swatch(colour, style))

    def draw(self, series: Series, weight: float) -> None:
        """Draw the points; the faint line only where smoothing changes anything."""
        self.series = series
        if weight:
            self.raw.setData(*thin(series.steps, series.values))
            self.main.setData(*smooth(series.steps, series.values, weight, SMOOTH_POINTS))
        else:
            self.raw.setData([], [])
            self.main.setData(*thin(series.steps, series.values))

    def read_out(self, step: int | None) -> None:
        """Put the value at a step, or the latest, behind the name."""
        point = self.series.at(float("inf") if step is None else step)
        value = "" if point is None else f"  {f'{point[1]:.1f}' if self.dashed else shown_value(point[1])}"
        alone = self.drawn.slot is None
        self.button.setText(f"{curve_name(self.drawn.text) if alone else self.drawn.text}{value}")
        self.button.setToolTip(curve_tip(self.drawn.text) if alone else self.drawn.tip)

    def _on_toggled(self, on: bool) -> None:
        self.raw.setVisible(on)
        self.main.setVisible(on)


class _Names(QWidget):
    """A legend in as many rows as it needs: as a least height, for what scrolls a panel by the height that suits a
    width would take the height that suits a plot best."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = FlowLayout(self, 4)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Not to be asked."""
        return False

    def event(self, event: QEvent) -> bool:
        """Take the height that is needed whenever the width, or a text, is another."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self.setFixedHeight(self.flow.heightForWidth(self.width()))
        return super().event(event)


class CurvePanel(QWidget):
    """Curves over one axis; `hovered` tells the step under the pointer, `left` that it went away.

    `ranged` tells the steps that are seen, `moved` that a person has chosen them, `whole_asked` that all are wanted.
    """

    hovered = Signal(float)
    left = Signal()
    ranged = Signal(float, float)
    moved = Signal()
    whole_asked = Signal()

    def __init__(self, *, smoothable: bool = False, dashed: bool = False, axis: bool = False) -> None:
        super().__init__()
        self._smoothable, self._dashed, self._from_zero = smoothable, dashed, axis
        self.lines: dict[str, Line] = {}
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.title.setContentsMargins(0, 2, 0, 0)
        names = _Names()
        self._legend = names.flow
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(names, 1)
        self.plot = _plot(axis)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setVisible(False)
        self.plot.addItem(self._cross, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.viewport().installEventFilter(self)
        if dashed:
            self.plot.setLimits(yMin=-2, yMax=102, minYRange=5)
        self.plot.setLimits(xMin=0, minXRange=10)
        # Which steps are seen is told to all panels alike, never found from what one of them draws: mAP begins with the
        # first evaluation, and the others would follow it there.
        self.plot.disableAutoRange("x")
        view = self.plot.getPlotItem().vb
        view.sigXRangeChanged.connect(lambda _, seen: self.ranged.emit(*seen))
        view.sigRangeChangedManually.connect(lambda _: self.moved.emit())
        self._name_values(False)
        self.recolour()

    def draw(self, name: str, series: Series, weight: float, drawn: Drawn | None = None) -> None:
        """Draw a curve, new or longer."""
        if name not in self.lines:
            drawn = drawn or Drawn(name)
            self.lines[name] = Line(drawn, self._colour(name, drawn.slot), self._dashed, self.plot)
            self._legend.addWidget(self.lines[name].button)
        self.lines[name].draw(series, weight if self._smoothable else 0.0)
        self._name_values(True)
        if self._from_zero:
            self._show_from_zero()

    def clear(self) -> None:
        """Take every curve away."""
        for line in self.lines.values():
            self.plot.removeItem(line.raw)
            self.plot.removeItem(line.main)
            self._legend.removeWidget(line.button)
            line.button.deleteLater()
        self.lines.clear()
        if not self._from_zero:
            self.plot.enableAutoRange("y")
        self._name_values(False)

    def _name_values(self, on: bool) -> None:
        """Beside its axis; without a curve they would be those of the run before, or of nothing."""
        self.plot.getAxis("left").setStyle(showValues=on)

    def _show_from_zero(self) -> None:
        """A rate that never changes is no line through the middle of nothing: zero and the highest are named."""
        top = max((float(line.series.values.max()) for line in self.lines.values() if len(line.series)), default=0.0)
        if top > 0:
            # So much above and below that their names, which are left out where they do not fit, have room.
            self.plot.setYRange(-0.3 * top, 1.5 * top, padding=0)
            self.plot.getAxis("left").setTicks([[(0.0, "0"), (top, shown_value(top))]])

    def see(self, first: float, last: float) -> None:
        """Show these steps."""
        self.plot.setXRange(first, last, padding=0)

    def read_out(self, step: int | None) -> None:
        """Show values at a step under the cross hair; None for the latest, without it."""
        self._cross.setVisible(step is not None)
        if step is not None:
            self._cross.setPos(step)
        for line in self.lines.values():
            line.read_out(step)

    def set_logarithmic(self, on: bool) -> None:
        """Scale the values by their logarithm, or not."""
        self.plot.setLogMode(y=on)

    def recolour(self) -> None:
        """Take the theme's colours."""
        recolour(self.plot)
        self._cross.setPen(pg.mkPen(QColor(palette().muted), width=1))
        for name, line in self.lines.items():
            line.paint(self._colour(name, line.drawn.slot))

    def _colour(self, name: str, slot: int | None) -> QColor:
        if slot is not None:
            return run_colour(slot)
        if name in ("loss", "learning_rate") or self._dashed:
            return QColor(palette().accent)
        order = list(self.lines)
        place = order.index(name) if name in order else len(order)
        return QColor(palette().series[place % len(palette().series)])

    def _on_mouse(self, position: QPointF) -> None:
        if self.plot.sceneBoundingRect().contains(position):
            self.hovered.emit(self.plot.getPlotItem().vb.mapSceneToView(position).x())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Notice that the pointer leaves the plot, and a double click."""
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.whole_asked.emit()
        return super().eventFilter(watched, event)


def _plot(axis: bool) -> Any:
    plot = bare_plot()
    plot.setMouseEnabled(x=True, y=False)
    plot.setMinimumHeight(52 if axis else 44)
    font = QFont(plot.font())
    font.setPixelSize(11)
    for side in ("left", "bottom"):
        plot.getAxis(side).setStyle(tickFont=font)
    plot.getAxis("left").setWidth(AXIS_WIDTH)
    plot.getAxis("bottom").setStyle(showValues=axis)
    return plot


def run_colour(slot: int) -> QColor:
    """The colour of a run that lies over others."""
    return QColor(palette().series[SERIES[slot]])


def swatch(colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QIcon:
    """A short line in a colour, for a legend."""
    pixmap = QPixmap(32, 24)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(colour, 2.5, style))
    painter.drawLine(1, 6, 15, 6)
    painter.end()
    return QIcon(pixmap)
