"""The lower part of a run: its curves, alone or under those of others, or a watched picture large; below, the strip."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.text.messages import Message
from studio.presenters.train.series import Series
from studio.presenters.train.standing import steps_per_epoch
from studio.stores.remembered import Remembered
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.train.curve_export import CurveExport
from studio.views.train.curve_panel import run_colour
from studio.views.train.curves import Curves, Told
from studio.views.train.overlay import RunLegend, RunsOver
from studio.views.train.watched.choosing import choose_watched
from studio.views.train.watched.enlarged import EnlargedPicture
from studio.views.train.watched.strip import WatchedStrip
from studio.widgets.panels import Card, ErrorBanner

_ROOM = 400
"""From this height on the strip is unfolded by itself."""
_ROOM_FOR_LARGE = 520
"""Below this height the strip is only a slider while a picture is shown large."""


class CurvesCard(QWidget):
    """Follows the run that is shown, and those over it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._run: Run | None = None
        self._followed: list[tuple[Run, Callable[[list[object]], None]]] = []
        self._large: int | None = None
        self.curves = Curves()
        self.over, self.legend = RunsOver(), RunLegend()
        memory = Remembered(studio.settings, "train_curves")
        self.export = CurveExport(self.curves, memory, self._names, self)
        self.written, self.problem = ErrorBanner(tone="good"), ErrorBanner()
        self.large = EnlargedPicture()
        self.strip = WatchedStrip(studio)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.curves.tools.addWidget(self.over)
        self.curves.tools.addWidget(self.export)
        self.curves.setObjectName("scrolled")
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(96)
        scroll.setWidget(self.curves)
        self.stack = QStackedWidget()
        self.stack.addWidget(scroll)
        self.stack.addWidget(self.large)
        upper, lower = Card(8, 4), Card(8)
        for widget in (self.written, self.problem, self.legend):
            upper.body.addWidget(widget)
        upper.body.addWidget(self.stack, 1)
        lower.body.addWidget(self.strip)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addWidget(upper, 1)
        outer.addWidget(lower)

    def _connect(self) -> None:
        self.over.changed.connect(self._draw)
        self.legend.switched.connect(lambda run, on: self.curves.hide_run(run, not on))
        self.export.written.connect(self._on_written)
        self.export.failed.connect(self.problem.tell)
        self.strip.opened.connect(self.show_large)
        self.strip.changed.connect(self._on_seen)
        self.strip.choosing_asked.connect(lambda: choose_watched(self._studio, self))
        self.large.closed.connect(self.show_curves)
        self.large.turned.connect(self._turn)
        for signal in (self._studio.runs.added, self._studio.runs.removed):
            signal.connect(self._on_runs)

    def show_run(self, run: Run | None) -> None:
        """Show another run; those over it stay."""
        if run is not self._run:
            self._run = run
            self.written.clear()
            self.problem.clear()
            self.show_curves()
        self._draw()
        self.refresh()

    def refresh(self) -> None:
        """Say anew why there are no curves, and show what the run has seen since."""
        run = self._run
        self.curves.say_why_none(nothing_drawn(run))
        self.over.offer(run, self._studio.runs.runs)
        self.strip.show_run(run)

    def show_large(self, place: int) -> None:
        """Show a watched picture large, in the place of the curves."""
        self._large = place
        self.strip.set_bare(self.height() < _ROOM_FOR_LARGE)
        self.stack.setCurrentWidget(self.large)
        self.legend.hide()
        self._on_seen()
        self.large.setFocus()

    def show_curves(self) -> None:
        """Back to the curves; the keyboard to the picture that was large."""
        place, self._large = self._large, None
        self.stack.setCurrentIndex(0)
        self.legend.setVisible(len(self.legend.buttons) > 1)
        self.strip.light(None)
        self.strip.set_bare(False)
        if place is not None and place < len(self.strip.tiles):
            self.strip.tiles[place].setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold the strip where there is no room for it."""
        super().resizeEvent(event)
        self.strip.set_roomy(self.height() >= _ROOM)
        self.strip.set_bare(self._large is not None and self.height() < _ROOM_FOR_LARGE)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """The arrows go through the epochs, wherever the keyboard is in here."""
        strides = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -(10**6), Qt.Key.Key_End: 10**6}
        if event.key() in strides:
            self.strip.step(strides[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _draw(self) -> None:
        """Draw the run and those over it from what they told, and follow them from here on."""
        for run, listener in self._followed:
            run.told.disconnect(listener)
        self.over.offer(self._run, self._studio.runs.runs)
        taken = self.over.taken()
        self._followed = [(run, self._listener(run)) for run, _ in taken]
        for run, listener in self._followed:
            run.told.connect(listener)
        self.legend.show_runs(taken)
        self.curves.show_runs([_told(run, slot) for run, slot in taken])
        for name, button in self.legend.buttons.items():
            self.curves.hide_run(name, not button.isChecked())

    def _listener(self, run: Run) -> Callable[[list[object]], None]:
        def hear(events: list[object]) -> None:
            self.curves.set_steps_per_epoch(run.name, steps_per_epoch(run.job, run.state))
            self.curves.add(run.name, events)

        return hear

    def _on_runs(self, run: Run) -> None:
        """Runs came or went: one of those that are drawn may be among them."""
        if any(run is followed for followed, _ in self._followed):
            self._followed = [(each, listener) for each, listener in self._followed if each is not run]
            if run is not self._run:
                self._draw()
        self.over.offer(self._run, self._studio.runs.runs)

    def _on_seen(self) -> None:
        frames, place = self.strip.frames, self._large
        if place is None:
            return
        if not frames:
            self.show_curves()
            return
        self._large = place = min(place, len(frames) - 1)
        words = self.strip.tiles[place].words()
        self.large.show_frame(frames[place], words, self.strip.threshold, self.strip.truth.isChecked())
        self.strip.light(place)

    def _turn(self, by: int) -> None:
        if self._large is not None and self.strip.frames:
            self.show_large((self._large + by) % len(self.strip.frames))

    def _names(self) -> list[tuple[str, QColor]]:
        return [(f"{run.number:04d}  {run.label}", run_colour(slot)) for run, slot in self.over.taken()]

    def _on_written(self, path: str) -> None:
        self.problem.clear()
        self.written.tell(Message(code="studio.train.exported", args={"path": path}))


def nothing_drawn(run: Run | None) -> str:
    """The code of the sentence that says why a run has no curves."""
    if run is None or run.status in ("running", "queued"):
        return "studio.train.no_curves_yet"
    return "studio.train.no_curves" if run.status == "finished" else "studio.train.no_curves_ended"


def _told(run: Run, slot: int) -> Told:
    series = {name: Series(points) for name, points in run.state.metrics.items()}
    return Told(run.name, f"{run.number:04d}  {run.label}", slot, steps_per_epoch(run.job, run.state), series)
