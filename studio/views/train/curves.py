"""The curves of a run, live: loss and its parts, mAP on val, learning rate; one read-out over all three."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from engine.contract.run.events import Metric
from engine.contract.run.state import Curve
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import grouped
from studio.presenters.series import Series
from studio.theme import theme
from studio.views.train.curve_panel import CurvePanel
from studio.widgets.labels import Muted

REDRAW_S = 0.1
SMOOTHING = 0.6


class Curves(QWidget):
    """Three panels over one axis of optimiser steps; redrawn at most ten times a second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: dict[str, Series] = {}
        self._per_epoch: float | None = None
        self._stale: set[str] = set()
        self._drawn_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._redraw)
        self._build_panels()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.none = Muted()
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drawing = QWidget()
        column = QVBoxLayout(self._drawing)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._build_bar())
        for panel, stretch in ((self.loss, 5), (self.score, 4), (self.rate, 3)):
            column.addWidget(panel, stretch)
        layout.addWidget(self.none, 1)
        layout.addWidget(self._drawing, 1)
        theme.changed.connect(self._on_theme)
        on_language(self._tell_step)

    def _build_panels(self) -> None:
        self.loss = CurvePanel(smoothable=True)
        self.score = CurvePanel(dashed=True)
        self.rate = CurvePanel(axis=True)
        bind(self.loss.title.setText, "studio.train.curve_loss")
        bind(self.score.title.setText, "studio.train.curve_map")
        bind(self.rate.title.setText, "studio.train.curve_rate")
        bind(self.rate.set_axis_label, "studio.train.curve_step")
        for panel in self.panels:
            panel.hovered.connect(self._on_hover)
            panel.left.connect(self._on_leave)
            if panel is not self.loss:
                panel.link(self.loss)

    @property
    def panels(self) -> tuple[CurvePanel, CurvePanel, CurvePanel]:
        """Loss, mAP, learning rate."""
        return self.loss, self.score, self.rate

    def _build_bar(self) -> QHBoxLayout:
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 99)
        self.smoothing.setSingleStep(5)
        self.smoothing.setFixedWidth(120)
        self._weight = QLabel()
        self._weight.setMinimumWidth(32)
        words = QLabel()
        words.setProperty("role", "muted")
        self.logarithmic = QCheckBox()
        self._step = QLabel()
        self._step.setProperty("role", "muted")
        bind(words.setText, "studio.train.smoothing")
        bind(self.smoothing.setToolTip, "studio.train.smoothing_tip")
        bind(self.smoothing.setAccessibleName, "studio.train.smoothing")
        bind(self.logarithmic.setText, "studio.train.logarithmic")
        bind(self.logarithmic.setToolTip, "studio.train.logarithmic_tip")
        self.smoothing.valueChanged.connect(self._on_smoothing)
        self.logarithmic.toggled.connect(self.loss.set_logarithmic)
        self.smoothing.setValue(round(100 * SMOOTHING))
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self._step)
        bar.addStretch(1)
        for widget in (words, self.smoothing, self._weight, self.logarithmic):
            bar.addWidget(widget)
        return bar

    def show_run(self, metrics: Mapping[str, Curve], steps_per_epoch: float | None = None, ended: bool = False) -> None:
        """Draw another run's curves; `steps_per_epoch` turns steps into epochs in the read-out.

        Where there are none, words say so: with `ended` that there will be none.
        """
        self.none.show_code("studio.train.no_curves" if ended else "studio.train.no_curves_yet")
        self._series = {name: Series(points) for name, points in metrics.items()}
        self._per_epoch = steps_per_epoch
        for panel in self.panels:
            panel.clear()
        self._stale = set(self._series)
        self._redraw()

    def set_steps_per_epoch(self, steps: float | None) -> None:
        """Tell how many optimiser steps an epoch has, once that is known."""
        self._per_epoch = steps

    def add(self, events: Iterable[object]) -> None:
        """Take the new events of the run that is shown; all but metrics are passed over."""
        for event in events:
            if isinstance(event, Metric):
                self._series.setdefault(event.name, Series()).add(event.step, event.value)
                self._stale.add(event.name)
        if self._stale and not self._timer.isActive():
            wait = REDRAW_S - (time.monotonic() - self._drawn_at)
            self._timer.start(max(0, round(1000 * wait)))

    def points(self, name: str) -> int:
        """How many points a curve has so far."""
        return len(self._series.get(name, ()))

    def _redraw(self) -> None:
        self._drawn_at = time.monotonic()
        self.none.setVisible(not self._series)
        self._drawing.setVisible(bool(self._series))
        for name in sorted(self._stale, key=_order):
            self._panel_of(name).draw(name, self._series[name], self.smoothing.value() / 100)
        self._stale.clear()
        self._on_leave()

    def _panel_of(self, name: str) -> CurvePanel:
        if name == "learning_rate":
            return self.rate
        return self.score if "map" in name.split("_") else self.loss

    def _on_smoothing(self, percent: int) -> None:
        self._weight.setText(f"{percent / 100:.2f}")
        self._stale |= set(self._series)
        if not self._timer.isActive():
            self._timer.start(0)

    def _on_hover(self, step: float) -> None:
        near = next((point for name in ("loss", *self._series) if (point := self._at(name, step))), None)
        if near is not None:
            self._tell_step(near[0])
            for panel in self.panels:
                panel.read_out(near[0])

    def _at(self, name: str, step: float) -> tuple[int, float] | None:
        return self._series[name].at(step) if name in self._series else None

    def _on_leave(self) -> None:
        for panel in self.panels:
            panel.read_out(None)
        self._tell_step()

    def _tell_step(self, step: int | None = None) -> None:
        last = max((int(series.steps[-1]) for series in self._series.values() if len(series)), default=None)
        step = last if step is None else step
        if step is None:
            self._step.setText("")
        elif self._per_epoch:
            epoch = f"{step / self._per_epoch:.2f}"
            self._step.setText(tr("studio.train.at_step_epoch", step=grouped(step), epoch=epoch))
        else:
            self._step.setText(tr("studio.train.at_step", step=grouped(step)))

    def _on_theme(self) -> None:
        for panel in self.panels:
            panel.recolour()
        self._stale = set(self._series)
        self._redraw()


def _order(name: str) -> tuple[bool, str]:
    """The whole loss before its parts."""
    return name != "loss", name
