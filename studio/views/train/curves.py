"""The curves of runs, live: loss and its parts, mAP on val, learning rate; one read-out over all three."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.contract.run.events import Metric
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import grouped
from studio.presenters.train.curve_table import RunCurves
from studio.presenters.train.series import Series
from studio.theme import theme
from studio.views.train.curve_panel import CurvePanel, Drawn
from studio.widgets.buttons import Button
from studio.widgets.controls import QuietSlider
from studio.widgets.labels import Elided, Muted

REDRAW_S = 0.1
SMOOTHING = 0.6


@dataclass
class Told:
    """What a run has told so far: its name, its label, its slot among several, steps of an epoch, its curves."""

    run: str
    label: str
    slot: int = 0
    per_epoch: float | None = None
    series: dict[str, Series] = field(default_factory=dict)


class Curves(QWidget):
    """Three panels over one axis of optimiser steps; redrawn at most ten times a second.

    One run has all its curves; of several only the loss, the mAP and the rate are drawn, each run in its own colour.
    """

    redrawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[Told] = []
        self._hidden: set[str] = set()
        self._stale: set[tuple[str, str]] = set()
        self._zoomed = False
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
        column.setSpacing(4)
        column.addLayout(self._build_bar())
        for panel, stretch in ((self.loss, 5), (self.score, 4), (self.rate, 3)):
            column.addWidget(panel, stretch)
        layout.addWidget(self.none, 1)
        layout.addWidget(self._drawing, 1)
        theme.changed.connect(self._on_theme)
        on_language(self._on_leave)

    def _build_panels(self) -> None:
        self.loss = CurvePanel(smoothable=True)
        self.score = CurvePanel(dashed=True)
        self.rate = CurvePanel(axis=True)
        bind(self.loss.title.setText, "studio.train.curve_loss")
        bind(self.score.title.setText, "studio.train.curve_map")
        bind(self.rate.title.setText, "studio.train.curve_rate")
        for panel in self.panels:
            panel.hovered.connect(self._on_hover)
            panel.left.connect(self._on_leave)
            panel.ranged.connect(self._see)
            panel.moved.connect(lambda: self._set_zoomed(True))
            panel.whole_asked.connect(self.show_whole)

    @property
    def panels(self) -> tuple[CurvePanel, CurvePanel, CurvePanel]:
        """Loss, mAP, learning rate."""
        return self.loss, self.score, self.rate

    def _build_bar(self) -> QHBoxLayout:
        self.smoothing = QuietSlider()
        self.smoothing.setRange(0, 99)
        self.smoothing.setSingleStep(5)
        self.smoothing.setFixedWidth(48)
        self._weight = QLabel()
        self._weight.setMinimumWidth(28)
        words = QLabel()
        words.setProperty("role", "muted")
        self.logarithmic = QCheckBox()
        self._step = Elided("", "muted", Qt.TextElideMode.ElideRight)
        self.whole = Button("studio.train.whole", self.show_whole, "link")
        self.whole.hide()
        bind(self.whole.setToolTip, "studio.train.whole_tip")
        bind(words.setText, "studio.train.smoothing")
        bind(self.smoothing.setToolTip, "studio.train.smoothing_tip")
        bind(self.smoothing.setAccessibleName, "studio.train.smoothing")
        bind(self.logarithmic.setText, "studio.train.logarithmic")
        bind(self.logarithmic.setToolTip, "studio.train.logarithmic_tip")
        self.smoothing.valueChanged.connect(self._on_smoothing)
        self.logarithmic.toggled.connect(self.loss.set_logarithmic)
        self.smoothing.setValue(round(100 * SMOOTHING))
        self.tools = QHBoxLayout()
        self.tools.setSpacing(4)
        bar = QHBoxLayout()
        bar.setSpacing(6)
        bar.addWidget(self._step, 1)
        bar.addWidget(self.whole)
        for widget in (words, self.smoothing, self._weight, self.logarithmic):
            bar.addWidget(widget)
        bar.addLayout(self.tools)
        return bar

    def show_runs(self, runs: Sequence[Told]) -> None:
        """Draw other runs, or other ones beside the first, whose curves are told in full where it is alone."""
        self._runs = list(runs)
        self._hidden &= {told.run for told in runs}
        for panel in self.panels:
            panel.clear()
        self._stale = {(told.run, name) for told in runs for name in told.series}
        self._set_zoomed(False)
        self._redraw()

    def say_why_none(self, code: str) -> None:
        """What stands there while there are no curves."""
        self.none.show_code(code)

    def set_steps_per_epoch(self, run: str, steps: float | None) -> None:
        """Tell how many optimiser steps an epoch has, once that is known."""
        for told in self._runs:
            if told.run == run:
                told.per_epoch = steps

    def hide_run(self, run: str, hidden: bool) -> None:
        """Hide a run of several, or show it again."""
        (self._hidden.add if hidden else self._hidden.discard)(run)
        for panel in self.panels:
            if run in panel.lines:
                panel.lines[run].button.setChecked(not hidden)

    def add(self, run: str, events: Iterable[object]) -> None:
        """Take the new events of a run that is shown; all but metrics are passed over."""
        told = next((told for told in self._runs if told.run == run), None)
        if told is None:
            return
        for event in events:
            if isinstance(event, Metric):
                told.series.setdefault(event.name, Series()).add(event.step, event.value)
                self._stale.add((run, event.name))
        if self._stale and not self._timer.isActive():
            wait = REDRAW_S - (time.monotonic() - self._drawn_at)
            self._timer.start(max(0, round(1000 * wait)))

    def points(self, name: str) -> int:
        """How many points a curve of the first run has so far."""
        return len(self._runs[0].series.get(name, ())) if self._runs else 0

    def shown(self) -> list[RunCurves]:
        """The curves that are drawn and not switched off, as they were told."""
        several, found = len(self._runs) > 1, []
        for told in self._runs:
            curves = {}
            for name in sorted(told.series, key=_order):
                line = self._panel_of(name).lines.get(told.run if several else name)
                if line is not None and line.button.isChecked() and (not several or name in _OVERLAID):
                    curves[name] = told.series[name]
            if curves:
                found.append(RunCurves(told.run, curves, told.per_epoch))
        return found

    def show_whole(self) -> None:
        """See all steps again."""
        self._set_zoomed(False)
        self._fit()

    def _redraw(self) -> None:
        self._drawn_at = time.monotonic()
        some = any(told.series for told in self._runs)
        self.none.setVisible(not some)
        self._drawing.setVisible(some)
        several = len(self._runs) > 1
        for told in self._runs:
            for name in sorted((name for run, name in self._stale if run == told.run), key=_order):
                if not several:
                    self._panel_of(name).draw(name, told.series[name], self._weight_now())
                elif name in _OVERLAID:
                    drawn = Drawn(told.label.split()[0], told.label, told.slot)
                    self._panel_of(name).draw(told.run, told.series[name], self._weight_now(), drawn)
                    if told.run in self._hidden:
                        self.hide_run(told.run, True)
        self._stale.clear()
        if not self._zoomed:
            self._fit()
        self._on_leave()
        self.redrawn.emit()

    def _weight_now(self) -> float:
        return self.smoothing.value() / 100

    def _panel_of(self, name: str) -> CurvePanel:
        if name == "learning_rate":
            return self.rate
        return self.score if "map" in name.split("_") else self.loss

    def _last(self) -> int | None:
        ends = [int(series.steps[-1]) for told in self._runs for series in told.series.values() if len(series)]
        return max(ends, default=None)

    def _fit(self) -> None:
        last = self._last()
        if last is not None:
            self._see(0, max(10, 1.02 * last))

    def _see(self, first: float, last: float) -> None:
        for panel in self.panels:
            seen = panel.plot.viewRange()[0]
            if abs(seen[0] - first) + abs(seen[1] - last) > 1e-6 * max(1.0, last):
                panel.see(first, last)

    def _set_zoomed(self, zoomed: bool) -> None:
        self._zoomed = zoomed
        self.whole.setVisible(zoomed)

    def _on_smoothing(self, percent: int) -> None:
        self._weight.setText(f"{percent / 100:.2f}")
        self._stale |= {(told.run, name) for told in self._runs for name in told.series}
        if not self._timer.isActive():
            self._timer.start(0)

    def _on_hover(self, step: float) -> None:
        series = [told.series[name] for told in self._runs for name in sorted(told.series, key=_order)]
        points = [point for each in series if (point := each.at(step))]
        # Of equally near ones the first, which is the shown run's loss; another run may go on where that has ended.
        near = min(points, key=lambda point: abs(point[0] - step), default=None)
        if near is not None:
            self._tell_step(near[0])
            for panel in self.panels:
                panel.read_out(near[0])

    def _on_leave(self) -> None:
        for panel in self.panels:
            panel.read_out(None)
        self._tell_step()

    def _tell_step(self, step: int | None = None) -> None:
        step = self._last() if step is None else step
        per_epoch = self._runs[0].per_epoch if self._runs else None
        if step is None:
            self._step.set_full("")
        elif per_epoch:
            epoch = f"{step / per_epoch:.2f}"
            self._step.set_full(tr("studio.train.at_step_epoch", step=grouped(step), epoch=epoch))
        else:
            self._step.set_full(tr("studio.train.at_step", step=grouped(step)))

    def _on_theme(self) -> None:
        for panel in self.panels:
            panel.recolour()


_OVERLAID = ("loss", "map", "learning_rate")
"""What is drawn of each of several runs."""


def _order(name: str) -> tuple[bool, str]:
    """The whole loss before its parts."""
    return name != "loss", name
