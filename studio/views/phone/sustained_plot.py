"""A sustained run over time, live: latency above, temperature below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.phones import Sustained, SustainedPoint
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import show_value
from studio.theme import palette, theme
from studio.widgets.labels import Heading, Muted, Text
from studio.widgets.plot import bare_plot, recolour

_WIDTH = 44


class SustainedPlot(QWidget):
    """Two plots over the same seconds, and what the run means in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[SustainedPoint, ...] = ()
        self._result: Sustained | None = None
        self._simulated = False
        self.words = Text("", "caption")
        self.words.setWordWrap(True)
        self.latency, self.heat = bare_plot(), bare_plot()
        self.heat.setXLink(self.latency)
        self._lines: list[tuple[Any, str]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Heading("studio.bench.sustained"))
        column.addWidget(self.words)
        for plot, colour, code, height in (
            (self.latency, "a", "studio.bench.axis_ms", 150),
            (self.heat, "warn", "studio.bench.axis_c", 110),
        ):
            plot.setFixedHeight(height)
            plot.getAxis("left").setWidth(_WIDTH)
            label = Muted(code)
            column.addWidget(label)
            column.addWidget(plot)
            self._lines.append((plot.plot([], [], antialias=True), colour))
        column.addWidget(Muted("studio.bench.axis_s"))
        bind(self.latency.setAccessibleName, "studio.bench.axis_ms")
        bind(self.heat.setAccessibleName, "studio.bench.axis_c")
        theme.changed.connect(self._paint)
        on_language(self._tell)
        self._paint()

    def show_points(self, points: Sequence[SustainedPoint], result: Sustained | None, simulated: bool) -> None:
        """Draw moments; `result` says what they mean, once the run is over."""
        self._points, self._result, self._simulated = tuple(points), result, simulated
        seconds = [point.seconds for point in points]
        warm = [(point.seconds, point.temperature_c) for point in points if point.temperature_c is not None]
        self._lines[0][0].setData(seconds, [point.ms for point in points])
        self._lines[1][0].setData([at for at, _ in warm], [value for _, value in warm])
        self._tell()

    def points(self) -> int:
        """How many moments are drawn."""
        return len(self._points)

    def _tell(self) -> None:
        result = self._result
        if result is None:
            self.words.show_text(tr("studio.bench.sustained_live") if self._points else "")
            return
        parts = (("cold", result.cold_ms), ("warm", result.warm_ms), ("hot", result.hot_ms))
        told = " · ".join(f"{tr(f'studio.bench.{name}')} {show_value(value, 'ms')}" for name, value in parts)
        mark = f" · {tr('studio.bench.simulated')}" if self._simulated else ""
        self.words.show_text(f"{told}{mark}\n{text_of(result.finding)}")
        self.words.set_tone("bad" if result.throttled else "")

    def _paint(self) -> None:
        colours = palette()
        for plot in (self.latency, self.heat):
            recolour(plot)
        for line, name in self._lines:
            line.setPen(pg.mkPen(QColor(getattr(colours, name)), width=2))
