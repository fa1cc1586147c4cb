"""What dialogs that measure a run share: which run, how many pictures, the work itself, and a button that uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.run.job import Job
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import duration
from studio.presenters.queue.time_words import waiting_line
from studio.presenters.recipe.run_terms import base_runs
from studio.stores.work.sensitivity import Measurement
from studio.studio import Studio
from studio.views.shared.run_chooser import RunChooser
from studio.widgets.buttons import Button
from studio.widgets.controls import IntegerSpin
from studio.widgets.labels import Elided, Muted, Text, Title
from studio.widgets.on_screen import OnScreenDialog
from studio.widgets.panels import EmptyState, ErrorBanner

_WIDTH, _HEIGHT = 1120, 720


class MeasureDialog(OnScreenDialog):
    """Use `open()`; it deletes itself when it is closed, and what it measures goes on. `used` tells parameters."""

    used = Signal(object)

    def __init__(self, studio: Studio, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.run: str | None = None
        self.refusal: Message | None = None
        self.count_code = f"studio.measure.{kind}_count"
        self._asked = 0
        self._seen = -1.0
        self._gone = False
        self._stopping = False
        self.measurement = Measurement(studio.tasks, self)
        self.lead = Muted()
        self.runs = RunChooser()
        self.pictures = IntegerSpin()
        self.count = Text(role="caption")
        self.measure = Button("studio.measure.start", self.start, icon_name="play")
        self.stop = Button("studio.measure.cancel", self._stop, icon_name="stop")
        self.bar = QProgressBar()
        self.stage = Elided("", "muted")
        self.problem = ErrorBanner()
        self.none = EmptyState("chart", f"studio.measure.{kind}_none")
        self.body = QStackedWidget()
        self.summary = Text(role="muted")
        self.away = QPushButton()
        self.use = Button("studio.measure.use", self._use, "primary")
        self._lay_out(kind)
        self._bind(kind)
        self._connect()

    def _lay_out(self, kind: str) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, _HEIGHT)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(240)
        self.pictures.setFixedWidth(96)
        self.summary.setWordWrap(True)
        self._pictures_label = Text("studio.measure.pictures", "caption")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.runs, 1)
        top.addSpacing(16)
        for widget in (self._pictures_label, self.pictures, self.count):
            top.addWidget(widget)
        top.addSpacing(16)
        top.addWidget(self.measure)
        top.addWidget(self.stop)
        self._work = QWidget()
        work = QHBoxLayout(self._work)
        work.setContentsMargins(0, 0, 0, 0)
        work.setSpacing(12)
        work.addWidget(self.bar)
        work.addWidget(self.stage, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.away)
        foot.addWidget(self.use)
        self.body.addWidget(self.none)
        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        for widget in (Title(f"studio.measure.{kind}_title"), self.lead):
            column.addWidget(widget)
        column.addLayout(top)
        column.addWidget(self._work)
        column.addWidget(self.problem)
        column.addWidget(self.body, 1)
        column.addLayout(foot)

    def _bind(self, kind: str) -> None:
        bind(self.setWindowTitle, f"studio.measure.{kind}_title")
        bind(self.runs.label.setText, "studio.measure.run")
        bind(self.runs.combo.setAccessibleName, "studio.measure.run")
        bind(self.runs.combo.setToolTip, "studio.measure.run_tip")
        bind(self.pictures.setAccessibleName, "studio.measure.pictures")
        bind(self.pictures.setToolTip, f"studio.measure.{kind}_pictures_tip")
        bind(self.bar.setAccessibleName, "studio.measure.working")
        bind(self.away.setText, "studio.measure.close")
        on_language(self.show_state)

    def _connect(self) -> None:
        for button in (self.away, self.measure, self.stop):
            button.setAutoDefault(False)
        self.use.setDefault(True)
        self.runs.chosen.connect(self.look_at)
        self.pictures.valueChanged.connect(lambda _: self._pictures_changed())
        self.measurement.changed.connect(self._further)
        self.measurement.ended.connect(self._ended)
        self.away.clicked.connect(self.reject)

    def begin(self, run: str | None, pictures: int, most: int) -> None:
        """Show a run, and on how many pictures it is measured unless that was done before; `most` there are."""
        self.show_pictures(pictures, most)
        runs = base_runs(self.studio.runs.runs)
        names = [each.name for each in runs]
        self.runs.show_runs(None, runs, run if run in names else next(iter(names), None))
        self.look_at(run if run in names else next(iter(names), None))

    def show_pictures(self, pictures: int, most: int) -> None:
        """Ask for so many of those that there are."""
        with QSignalBlocker(self.pictures):
            self.pictures.setRange(1, max(most, 1))
            self.pictures.setValue(pictures)
        self.count.show_code(self.count_code, count=most)

    @property
    def root(self) -> Path:
        """The folder of the run that is measured."""
        folder = self.studio.project.folder
        assert folder is not None and self.run is not None
        return folder.runs / self.run

    def start(self) -> None:
        """Measure what is not known yet."""
        if self.run is not None and not self.measurement.busy:
            self.refusal = None
            self.measurement.start(self.jobs())

    def jobs(self) -> list[Job]:
        """The jobs that measure the run."""
        raise NotImplementedError

    def suits(self, job: Job) -> bool:
        """Whether a job that is at work measures what this dialog shows."""
        raise NotImplementedError

    def reader(self, known_pictures: bool) -> Callable[[], tuple[int, Any]]:
        """What reads, beside the GUI thread, on how many pictures it was measured and what was found."""
        raise NotImplementedError

    def take(self, found: Any) -> None:
        """Show what was found."""
        raise NotImplementedError

    def params(self) -> dict[str, Any] | None:
        """The parameters that `Use` tells; None while there are none."""
        raise NotImplementedError

    def why_no_use(self) -> str | None:
        """The code of why there is nothing to use; None if there is."""
        raise NotImplementedError

    def done(self, result: int) -> None:
        """Close; what comes later is for nobody."""
        self._gone = True
        super().done(result)

    def load(self, *, known_pictures: bool = True) -> None:
        """Read what was measured; without `known_pictures` on as many as it was done on last."""
        self._asked += 1
        number = self._asked
        if self.run is not None:
            read = self.reader(known_pictures)
            self.studio.background.run(read, lambda found: self._receive(number, found), self._refuse)

    def show_state(self) -> None:
        """Enable what can be done, and tell how far the work is."""
        busy = self.measurement.busy
        for widget in (self.runs, self.pictures):
            widget.setEnabled(not busy)
        self.measure.setVisible(not busy)
        self.measure.why_not(None if self.run is not None else "studio.measure.no_run")
        self.stop.setVisible(busy)
        self.stop.setEnabled(not self._stopping)
        self._work.setVisible(busy)
        self.bar.setValue(round(1000 * self.measurement.share))
        self.use.why_not(self.why_no_use())
        self.problem.tell(self.refusal or (None if busy else self.measurement.error))
        left = self.measurement.left_s
        words = [f"{100 * self.measurement.share:.0f} %"]
        words += [tr("studio.measure.left", time=duration(left))] if left is not None else []
        self.stage.set_full("   ".join([*words, self.at_work()]))

    def at_work(self) -> str:
        """What is being done, in words."""
        stage, waiting = self.measurement.stage, self.measurement.waiting
        if waiting is not None:
            return waiting_line(waiting)
        return text_of(stage) if stage is not None else tr("studio.measure.starting")

    def look_at(self, run: object) -> None:
        """Show what is known of a run, or measured right now."""
        self.run = str(run) if run is not None else None
        self.refusal = None
        self.measurement.adopt(self.suits)
        for task in self.measurement.tasks:
            with QSignalBlocker(self.pictures):
                self.pictures.setValue(getattr(task.job, "pictures", 0))
        self.load(known_pictures=self.measurement.busy)
        self.show_state()

    def _pictures_changed(self) -> None:
        self.refusal = None
        self.load()

    def _receive(self, number: int, found: tuple[int, Any]) -> None:
        if self._gone or number != self._asked:
            return
        with QSignalBlocker(self.pictures):
            self.pictures.setValue(found[0])
        self.take(found[1])
        self.show_state()

    def _refuse(self, message: Message) -> None:
        if not self._gone:
            self.refusal = message
            self.show_state()

    def _further(self) -> None:
        if self.measurement.share != self._seen:
            self._seen = self.measurement.share
            self.load()
        self.show_state()

    def _ended(self) -> None:
        self._stopping = False
        self.load()
        self.show_state()

    def _stop(self) -> None:
        self._stopping = True
        self.measurement.cancel()
        self.show_state()

    def _use(self) -> None:
        params = self.params()
        if params is not None:
            self.used.emit(params)
            self.accept()
