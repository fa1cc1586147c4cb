"""Tags beside the marks of a plot: none covers another, or a mark, at any size of the plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from studio.presenters.tag_places import Box, shared, tag_places
from studio.theme import palette

RADIUS = 12.0
"""Pixels around the middle of a mark on which no tag may lie."""
_LETTERS = 11


class PlotTags:
    """Draws tags of marks at x and y of the axes; anew when the plot has another size."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._marks: Sequence[tuple[float, float, str]] = ()
        self._items: list[pg.GraphicsObject] = []
        self.boxes: list[tuple[Box, bool]] = []
        plot.getPlotItem().vb.sigResized.connect(lambda _: self._draw())

    def show(self, marks: Sequence[tuple[float, float, str]]) -> None:
        """Draw these tags, after the plot has its range."""
        self._marks = marks
        self._draw()

    def forget(self) -> None:
        """The plot was cleared."""
        self._marks = ()
        self._items.clear()
        self.boxes = []

    def _draw(self) -> None:
        for item in self._items:
            self._plot.removeItem(item)
        self._items.clear()
        font = QFont(self._plot.font())
        font.setPixelSize(_LETTERS)
        box = self._plot.getPlotItem().vb
        spots = [box.mapViewToScene(QPointF(x, y)) for x, y, _ in self._marks]
        groups = shared([(spot.x(), spot.y()) for spot in spots])
        texts = [", ".join(self._marks[place][2] for place in group) for group in groups]
        points = [(spots[group[0]].x(), spots[group[0]].y()) for group in groups]
        metrics = QFontMetricsF(font)
        sizes = [(metrics.horizontalAdvance(text) + 4, metrics.height()) for text in texts]
        room = box.sceneBoundingRect()
        around = Box(room.left(), room.top(), room.width(), room.height())
        self.boxes = tag_places(points, sizes, around, RADIUS)
        for text, point, (lies, far) in zip(texts, points, self.boxes, strict=True):
            self._draw_tag(text, font, QPointF(*point), lies, far)

    def _draw_tag(self, text: str, font: QFont, mark: QPointF, lies: Box, far: bool) -> None:
        box, colour = self._plot.getPlotItem().vb, QColor(palette().text)
        middle = QPointF(lies.left + lies.width / 2, lies.top + lies.height / 2)
        if far:
            ends = [box.mapSceneToView(place) for place in (mark, middle)]
            pen = pg.mkPen(QColor(palette().border_strong), width=1)
            line = pg.PlotCurveItem([end.x() for end in ends], [end.y() for end in ends], pen=pen)
            line.setZValue(-2)
            self._add(line)
        # Below the marks, and on what is drawn between them and the line that leads to the tag.
        label = pg.TextItem(text, color=colour, anchor=(0.5, 0.5), fill=pg.mkBrush(palette().surface))
        label.setFont(font)
        label.setZValue(-1)
        place = box.mapSceneToView(middle)
        label.setPos(place.x(), place.y())
        self._add(label)

    def _add(self, item: pg.GraphicsObject) -> None:
        self._plot.addItem(item, ignoreBounds=True)
        self._items.append(item)
