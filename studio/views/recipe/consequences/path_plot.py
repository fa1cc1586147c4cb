"""mAP over a cost: from the run as it is, step by step before recovery, to the runs that were trained of it."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.i18n import tr
from studio.presenters.recipe.consequences import PathPoint
from studio.theme import palette, theme
from studio.views.shared.plot_tags import PlotTags
from studio.widgets.hover_card import HoverCard
from studio.widgets.plot import bare_plot, recolour

REACH = 14.0
"""Pixels from a mark at which the pointer still means it."""
_SIZE = 11


class PathPlot(QWidget):
    """Hollow marks are untrained or estimated, filled ones measured after training; bars are 95 % intervals.

    `picked` tells the step that was clicked, `run_picked` the run; `target_moved` where the line was put.
    """

    picked = Signal(int)
    run_picked = Signal(str)
    target_moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path: tuple[PathPoint, ...] = ()
        self.runs: tuple[PathPoint, ...] = ()
        self._scale, self._target = 1.0, 0.0
        self.line: pg.InfiniteLine | None = None
        self.plot = bare_plot()
        self.tags = PlotTags(self.plot)
        self.plot.setMinimumHeight(130)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._card = HoverCard(self)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.viewport().installEventFilter(self)
        theme.changed.connect(self.refresh)

    def show_points(
        self, path: Sequence[PathPoint], runs: Sequence[PathPoint], axis: str, scale: float, target: float | None
    ) -> None:
        """Draw the path and the runs; costs are divided by `scale`, in whose unit the target is, if there is one."""
        self.path, self.runs = tuple(path), tuple(runs)
        self._scale, self._target = scale, target or 0.0
        self.plot.setLabel("bottom", axis)
        self.plot.setLabel("left", tr("studio.try.axis_map"))
        self.refresh()

    def refresh(self) -> None:
        """Draw everything again, in the theme's colours."""
        self.plot.clear()
        self.tags.forget()
        self.line = None
        recolour(self.plot)
        if not self.path and not self.runs:
            return
        colours = palette()
        pen = pg.mkPen(QColor(colours.muted), width=1.5, style=Qt.PenStyle.DotLine)
        self.plot.plot([self._x(point) for point in self.path], [point.score for point in self.path], pen=pen)
        self._draw_bars()
        for filled in (True, False):
            chosen = [point for point in (*self.path, *self.runs) if point.filled is filled]
            self.plot.addItem(
                pg.ScatterPlotItem(
                    x=[self._x(point) for point in chosen],
                    y=[point.score for point in chosen],
                    size=_SIZE,
                    brush=pg.mkBrush(QColor(colours.accent if filled else colours.surface)),
                    pen=pg.mkPen(QColor(colours.accent), width=2),
                )
            )
        self._draw_target()
        self._fit()
        self.tags.show([(self._x(point), point.score, _tag(point)) for point in (*self.path, *self.runs)])

    def _x(self, point: PathPoint) -> float:
        return point.cost / self._scale

    def _draw_bars(self) -> None:
        barred = [point for point in (*self.path, *self.runs) if point.low is not None and point.high is not None]
        if barred:
            xs = [self._x(point) for point in barred for _ in range(2)]
            ends = [end for point in barred for end in (point.low, point.high)]
            # Not pyqtgraph's error bars: given lists, they raise while they are painted, which ends the process.
            self.plot.plot(xs, ends, connect="pairs", pen=pg.mkPen(QColor(palette().muted), width=1.5))

    def _draw_target(self) -> None:
        if not self._target:
            return
        colours = palette()
        pen = pg.mkPen(QColor(colours.warn), width=1.5, style=Qt.PenStyle.DashLine)
        self.line = pg.InfiniteLine(
            self._target, angle=90, movable=True, pen=pen, hoverPen=pg.mkPen(colours.warn, width=3)
        )
        self.line.sigPositionChangeFinished.connect(lambda line: self.target_moved.emit(float(line.value())))
        self.plot.addItem(self.line, ignoreBounds=True)

    def _fit(self) -> None:
        points = (*self.path, *self.runs)
        xs = [self._x(point) for point in points] + ([self._target] if self._target else [])
        ys = [end for point in points for end in (point.score, point.low, point.high) if end is not None]
        width, height = max(max(xs) - min(xs), 0.1 * abs(xs[0]), 1e-9), max(max(ys) - min(ys), 2.0)
        left = (min(xs) + max(xs) - width) / 2
        # More room on the right, where the tags stand.
        area = QRectF(left - 0.08 * width, min(ys) - 0.1 * height, 1.24 * width, 1.3 * height)
        with QSignalBlocker(self.plot):
            self.plot.setRange(area, padding=0)

    def near(self, position: QPointF) -> PathPoint | None:
        """The mark within reach of a place in the plot's scene."""
        box = self.plot.getPlotItem().vb

        def distance(point: PathPoint) -> float:
            away = box.mapViewToScene(QPointF(self._x(point), point.score)) - position
            return float((away.x() ** 2 + away.y() ** 2) ** 0.5)

        nearest = min((*self.path, *self.runs), key=distance, default=None)
        return nearest if nearest is not None and distance(nearest) <= REACH else None

    def card_of(self, point: PathPoint) -> str:
        """What stands beside the pointer on a mark."""
        code = "card_measured" if point.filled else "card_untrained"
        told = tr(f"studio.try.{code}", label=point.label, score=f"{point.score:.1f}", cost=f"{self._x(point):.4g}")
        if point.low is None or point.high is None:
            return told
        return f"{told}\n{tr('studio.try.card_interval', low=f'{point.low:.1f}', high=f'{point.high:.1f}')}"

    def _on_mouse(self, position: QPointF) -> None:
        point = self.near(position)
        if point is None:
            self._card.hide()
        else:
            self._card.say(self.card_of(point), self.plot.mapFromScene(position))

    def _on_click(self, event: object) -> None:
        point = self.near(event.scenePos())  # type: ignore[attr-defined]
        if point is not None and point.run is not None:
            self.run_picked.emit(point.run)
        elif point is not None:
            self.picked.emit(-1 if point.step is None else point.step)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Hide the card when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._card.hide()
        return super().eventFilter(watched, event)


def _tag(point: PathPoint) -> str:
    """The number of a run or of a step, A for the run as it is."""
    if point.run:
        return point.run.split("-")[0]
    return str(point.step + 1) if point.step is not None else "A"
