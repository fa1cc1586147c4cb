"""A plot of pyqtgraph without what it brings along by itself: menus, buttons, wheel and drag, frame."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from studio.theme import palette


def bare_plot() -> Any:
    """A plot widget that shows data only, with coarse ticks: fine ones cost more time than all curves together."""
    plot = pg.PlotWidget(enableMenu=False)
    item = plot.getPlotItem()
    # Its menu is never opened; without a parent it would outlive the plot.
    item.ctrlMenu.setParent(plot, Qt.WindowType.Popup)
    plot.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
    plot.setMouseEnabled(x=False, y=False)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.hideButtons()
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.enableAutoSIPrefix(False)
        axis.setStyle(maxTickLevel=0)
    return plot


def recolour(plot: Any) -> None:
    """Take the theme's colours; the grid lies below the data."""
    colours = palette()
    plot.setBackground(QColor(colours.surface))
    plot.showGrid(x=True, y=True, alpha=0.9)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(QColor(colours.grid))
        axis.setTextPen(QColor(colours.muted))
        axis.setZValue(-1000)
