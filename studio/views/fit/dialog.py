"""The form that begins a fit: of which run, for which phone, within which limits; what is refused is said in it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.fit.front import FRONT
from engine.contract.latency import PhoneChoice
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.fit.choices import FitChoices, for_phone, job_of, length_text, question_of, read_choices
from studio.presenters.recipe.run_terms import base_runs, default_base
from studio.stores.remembered import Remembered
from studio.stores.run import Run
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.fit.base_time import BaseTime
from studio.views.fit.lengths import Lengths
from studio.views.fit.limits import Limits
from studio.views.fit.panel import MEMORY
from studio.views.fit.place_row import PlaceRow
from studio.views.shared.run_chooser import RunChooser
from studio.widgets.buttons import Button
from studio.widgets.labels import Heading, Muted, Title
from studio.widgets.on_screen import OnScreenDialog
from studio.widgets.panels import ErrorBanner
from studio.widgets.scrolled import Scrolled

_WIDTH = 640
_BESIDE_BAR = 12
"""Room at the right, so that a bar to scroll with covers nothing."""


class FitDialog(OnScreenDialog):
    """Use `open()`; it deletes itself when it is closed. `begun` tells the task of a fit that was not refused."""

    begun = Signal(object)
    grows = True

    def __init__(
        self, studio: Studio, run: str | None = None, parent: QWidget | None = None, phone: PhoneChoice | None = None
    ) -> None:
        """Begin with this run, and with a phone in place of the one that was chosen last."""
        super().__init__(parent)
        self._studio = studio
        self._memory = Remembered(studio.settings, MEMORY)
        self._kept = for_phone(read_choices(self._memory.get("choices")), phone)
        self._task: Task | None = None
        self._typed = False
        self._proposed: float | None = None
        self.run: str | None = None
        self.runs, self.place = RunChooser(), PlaceRow()
        self.base = BaseTime(studio)
        self.limits = Limits(self.base.measure)
        self.lengths = Lengths(self._kept)
        self.more = Button("studio.fit.more", self._fold, "quiet", "chevron-right")
        self.length = Muted()
        self.problem = ErrorBanner()
        self.state = Muted()
        self.away = Button("studio.fit.close", self.reject)
        self.go = Button("studio.fit.start", self._start, "primary", "play")
        self._lay_out()
        self._connect()
        self._show_choices()
        self._show_runs(run)

    def _lay_out(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        bind(self.setWindowTitle, "studio.fit.title")
        bind(self.runs.label.setText, "studio.fit.run")
        bind(self.runs.combo.setAccessibleName, "studio.fit.run")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.away)
        foot.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 12, 20)
        column.setSpacing(12)
        for above in (Title("studio.fit.title"), Muted("studio.fit.lead")):
            column.addWidget(above)
        column.addWidget(Scrolled(self._fields()), 1)
        below = QVBoxLayout()
        below.setContentsMargins(0, 0, _BESIDE_BAR, 0)
        below.setSpacing(12)
        below.addWidget(self.problem)
        below.addLayout(foot)
        column.addLayout(below)
        self.lengths.setVisible(self._memory.get("more", False))
        self._name_fold()

    def _fields(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, _BESIDE_BAR, 0)
        column.setSpacing(12)
        column.addWidget(self.runs)
        column.addSpacing(4)
        column.addWidget(Heading("studio.fit.where"))
        column.addWidget(self.place)
        column.addSpacing(4)
        column.addWidget(Heading("studio.fit.limits"))
        column.addWidget(self.limits)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.lengths)
        column.addWidget(self.length)
        column.addStretch(1)
        return body

    def _connect(self) -> None:
        studio = self._studio
        for button in (self.away, self.more, self.base.measure):
            button.setAutoDefault(False)
        self.go.setDefault(True)
        self.runs.chosen.connect(self._choose_run)
        self.place.changed.connect(self._on_place)
        self.lengths.changed.connect(self._on_changed)
        self.limits.changed.connect(self._on_changed)
        self.limits.rows["ms"].typed.connect(self._on_typed)
        self.base.changed.connect(self._show_base)
        for signal in (studio.runs.added, studio.runs.removed, studio.runs.changed):
            signal.connect(self._on_runs)
        studio.phones.changed.connect(self._show_phones)
        studio.project.closed.connect(self.reject)
        studio.phones.watch()
        self._show_phones()
        on_language(self._show_state)
        on_language(self._show_base)
        on_language(self._name_fold)

    def choices(self) -> FitChoices:
        """What the form says."""
        phone, threads, precision = self.place.chosen()
        told = {"phone": phone, "threads": threads, "precision": precision}
        told |= {**self.limits.values(), **self.lengths.values()}
        found = FitChoices.model_validate(self._kept.model_dump() | told)
        asked_of = question_of(self.run or "", found) if self._typed else ""
        return found.model_copy(update={"asked_of": asked_of})

    def _show_choices(self) -> None:
        kept = self._kept
        self.place.take(kept.phone, kept.threads, kept.precision)
        self.limits.take(kept)
        self.place.set_timed("ms" in kept.on)

    def _show_runs(self, run: str | None) -> None:
        runs = base_runs(self._studio.runs.runs)
        names = [each.name for each in runs]
        first = run if run in names else default_base(runs).name if runs else None
        self.runs.show_runs(None, runs, first)
        self._choose_run(first)

    def _on_runs(self) -> None:
        """Runs are read one by one; what was chosen stays as long as it is there."""
        names = [run.name for run in base_runs(self._studio.runs.runs)]
        if names != self.runs.names and self._task is None:
            self._show_runs(self.run)

    def _choose_run(self, run: object) -> None:
        self.run = str(run) if run is not None else None
        self._ask_base()
        self._on_changed()

    def _root(self) -> Run | None:
        return self._studio.runs.by_name(self.run)

    def _show_phones(self) -> None:
        self.place.show_phones(self._studio.phones.phones)

    def _on_place(self) -> None:
        self._ask_base()
        self._on_changed()

    def _ask_base(self) -> None:
        """A time that was typed for this very question stays; else one is proposed when the base's is known."""
        chosen = self.choices().model_copy(update={"asked_of": ""})
        self._typed = self._kept.asked_of == question_of(self.run or "", chosen)
        self._proposed = None
        self.base.ask(self._root(), chosen)
        self._show_base()

    def _on_typed(self) -> None:
        self._typed = True

    def _on_changed(self) -> None:
        self.problem.clear()
        self.place.set_timed(self.limits.timed)
        self._keep()
        self._show_state()

    def _keep(self) -> None:
        if self.run is not None:
            self._kept = self.choices()
            self._memory.keep(choices=self._kept.model_dump(mode="json"))

    def _show_base(self) -> None:
        """What the base takes beside the limits, and a part of its time as a proposal."""
        run, proposed = self._root(), self.base.proposed if not self._typed else None
        # Once for each question: what tells of the base again must not overwrite what is being typed.
        if proposed is not None and proposed != self._proposed:
            self._proposed = proposed
            self.limits.rows["ms"].propose(proposed)
            self._keep()
        self.limits.show_run(run, self.base.text())

    def _why_not(self) -> str | None:
        if self._studio.project.project is None:
            return "studio.measure.no_project"
        if self.run is None:
            return "studio.measure.no_run"
        return None if self.limits.targeted else "studio.fit.no_target"

    def _show_state(self) -> None:
        checking = self._task is not None
        for widget in (self.runs, self.place, self.lengths):
            widget.setEnabled(not checking)
        self.limits.set_open(not checking)
        self.go.why_not("studio.fit.checking" if checking else self._why_not())
        run = self._root()
        self.length.show_text(length_text(run, self.choices()) if run is not None else "")
        self.length.setVisible(bool(self.length.text()))
        self.state.show_text(tr("studio.fit.checking") if checking else "")

    def _start(self) -> None:
        project, run = self._studio.project.folder, self._root()
        if project is None or run is None or self._task is not None:
            return
        self.problem.clear()
        self._task = self._studio.fits.start(job_of(self._kept, project.root, run.root, self.place.device))
        self._task.changed.connect(self._on_told)
        self._show_state()

    def _on_told(self) -> None:
        """Go on to the front as soon as the engine has begun; what it refuses is said here."""
        task = self._task
        if task is None:
            return
        stage = task.state.stage
        if task.ended and task.status != "finished":
            self._refuse(task, task.error)
        elif task.waiting is not None and task.waiting.before:
            self._begun(task)  # it is checked when its turn comes
        elif task.ended or (stage is not None and stage.message.code.startswith("fit.")) or _has_front(task):
            self._begun(task)

    def _begun(self, task: Task) -> None:
        self._leave()
        self.begun.emit(task)
        self.accept()

    def _refuse(self, task: Task, why: Message | None) -> None:
        self._leave()
        self._studio.fits.forget(task)
        self.problem.tell(why)
        self._show_state()

    def _leave(self) -> None:
        if self._task is not None:
            self._task.changed.disconnect(self._on_told)
            self._task = None

    def done(self, result: int) -> None:
        """Close; a fit that was only being checked is given up."""
        if self._task is not None:
            task = self._task
            self._leave()
            task.cancel()
        self.base.close()
        super().done(result)

    def _fold(self) -> None:
        shown = not self.lengths.isVisible()
        self.lengths.setVisible(shown)
        self._memory.keep(more=shown)
        self._name_fold()
        if not shown:
            self.adjustSize()

    def _name_fold(self) -> None:
        shown = not self.lengths.isHidden()
        self.more.set_icon("chevron-down" if shown else "chevron-right")


def _has_front(task: Task) -> bool:
    return any(artifact.kind == FRONT for artifact in task.state.artifacts)
