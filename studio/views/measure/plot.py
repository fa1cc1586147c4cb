"""The curves of what cutting each channel group does to mAP, one of them brought forward with its noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.sensitivity import NOISE, GroupLosses
from studio.bound_texts import bind
from studio.theme import palette, theme
from studio.widgets.plot import bare_plot, recolour

Losses = Mapping[float, float]
_WHISKER = 3.0
"""Percent of channels: how wide the ends of a bar of noise are drawn."""
_REACH = 12.0
"""Pixels from a curve at which the pointer still means it."""


class LossPlot(QWidget):
    """The change of mAP over the share of channels cut, a curve for each group that falls as more is lost.

    Bars at the one in front tell between which ends chance may have put it; `picked` tells a group that was clicked.
    """

    picked = Signal(str)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._losses: dict[str, Losses] = {}
        self._groups: dict[str, GroupLosses] = {}
        self.noise: pg.ErrorBarItem | None = None
        self._curves: dict[str, Any] = {}
        self.chosen = ""
        self._near = ""
        self.plot = bare_plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        bind(self._name_bottom, "studio.measure.axis_cut")
        bind(self._name_left, "studio.measure.axis_lost")
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.viewport().installEventFilter(self)
        theme.changed.connect(self.refresh)
        self.refresh()

    @property
    def shown(self) -> str:
        """The group that is brought forward: the one under the pointer, else the chosen one."""
        return self._near or self.chosen

    def show_groups(self, groups: Mapping[str, GroupLosses]) -> None:
        """Draw these groups."""
        self._groups = dict(groups)
        # As everywhere on the page a loss is negative.
        self._losses = {name: {at: -loss for at, loss in group.losses.items()} for name, group in groups.items()}
        self.refresh()

    def choose(self, group: str) -> None:
        """Bring a group forward."""
        if group != self.chosen:
            self.chosen = group
            self._paint()

    def refresh(self) -> None:
        """Draw everything again, in the theme's colours."""
        self.plot.clear()
        recolour(self.plot)
        self._curves, self.noise = {}, None
        for group, losses in self._losses.items():
            points = [(0.0, 0.0), *sorted(losses.items())]
            curve = self.plot.plot([100 * ratio for ratio, _ in points], [loss for _, loss in points], antialias=True)
            self._curves[group] = curve
        self._paint()
        self.plot.setXRange(0, 90, padding=0.02)

    def group_at(self, position: QPointF) -> str:
        """The group whose curve is nearest to a place in the scene; empty when none is near."""
        box = self.plot.getPlotItem().vb
        if not self._curves or not box.sceneBoundingRect().contains(position):
            return ""
        x = box.mapSceneToView(position).x()
        away = {
            group: abs(box.mapViewToScene(QPointF(x, _height(losses, x / 100))).y() - position.y())
            for group, losses in self._losses.items()
        }
        nearest = min(away, key=lambda group: away[group])
        return nearest if away[nearest] <= _REACH else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Notice that the pointer leaves the plot."""
        if event.type() == QEvent.Type.Leave:
            self._hover("")
        return super().eventFilter(watched, event)

    def _paint(self) -> None:
        colours = palette()
        faint = QColor(colours.muted)
        faint.setAlpha(110)
        for group, curve in self._curves.items():
            strong = group == self.shown
            curve.setPen(pg.mkPen(QColor(colours.accent) if strong else faint, width=2.5 if strong else 1))
            curve.setZValue(10 if strong else 0)
            curve.setSymbol("o" if strong else None)
            curve.setSymbolSize(7)
            curve.setSymbolPen(None)
            curve.setSymbolBrush(QColor(colours.accent))
        self._paint_noise()

    def _paint_noise(self) -> None:
        """The bars of the group in front, where its spreads are known."""
        if self.noise is not None:
            self.plot.removeItem(self.noise)
            self.noise = None
        group = self._groups.get(self.shown)
        known = {ratio: spread for ratio, spread in (group.spreads or {}).items() if spread} if group else {}
        if group is None or not known:
            return
        ratios = sorted(known)
        self.noise = pg.ErrorBarItem(
            x=np.array([100 * ratio for ratio in ratios]),
            y=np.array([-group.losses[ratio] for ratio in ratios]),
            height=np.array([2 * NOISE * known[ratio] for ratio in ratios]),
            beam=_WHISKER,
            pen=pg.mkPen(QColor(palette().accent), width=1.5),
        )
        self.plot.addItem(self.noise)

    def _hover(self, group: str) -> None:
        if group != self._near:
            self._near = group
            self._paint()
            self.hovered.emit(self.shown)

    def _on_mouse(self, position: QPointF) -> None:
        self._hover(self.group_at(position))

    def _on_click(self, event: Any) -> None:
        group = self.group_at(event.scenePos())
        if group:
            self.picked.emit(group)

    def _name_bottom(self, text: str) -> None:
        self.plot.setLabel("bottom", text)

    def _name_left(self, text: str) -> None:
        self.plot.setLabel("left", text)


def _height(losses: Losses, ratio: float) -> float:
    """The height of a curve at a ratio, along its straight lines."""
    left, low = 0.0, 0.0
    for right, high in sorted(losses.items()):
        if ratio <= right:
            return low + (high - low) * (ratio - left) / (right - left)
        left, low = right, high
    return low
