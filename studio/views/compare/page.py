"""The compare page: the tree of runs with its figures, the scatter, and one picture under two runs' boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.dataset import Part
from engine.contract.run.job import EvaluateJob, HostJob
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.compare.evaluation_plan import missing
from studio.presenters.compare.run_rows import between_runs, deltas_of
from studio.presenters.numbers import Delta
from studio.presenters.page_state import PageState
from studio.stores.run import Run
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.compare.classes import CompareClasses
from studio.views.compare.pictures import ComparePictures
from studio.views.compare.rows import has_weights, rows_of, run_figures, sides_of
from studio.views.compare.table import CompareTable
from studio.views.fit.entry import FITS, RUNS, begin_fit, keep_part, remembered_part, why_no_fit
from studio.views.fit.panel import FrontPanel
from studio.views.page import Page
from studio.views.shared.run_table import RunTable
from studio.views.shared.task_line import TaskLine
from studio.widgets.buttons import Button
from studio.widgets.controls import Segmented
from studio.widgets.labels import Title
from studio.widgets.panels import Card, EmptyState

if TYPE_CHECKING:
    from studio.views.compare.scatter_panel import CompareScatter

_REFRESH_MS = 300
_TABLE_HEIGHT = 132


class ComparePage(Page):
    """Which run is the best, by how much, and on which pictures one sees it."""

    key = "compare"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._names: tuple[str | None, str | None] = (None, None)
        self._known = False  # whether the runs of the project were read when it was last shown
        self._to_evaluate: list[tuple[str, Part]] = []
        self.scatter: CompareScatter | None = None
        self.model = RunTable(self)
        self.table = CompareTable(self.model)
        self.pictures = ComparePictures(studio)
        self.classes = CompareClasses()
        self.task = TaskLine()
        self.front, self.parts = FrontPanel(studio), Segmented(2)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self.refresh()

    @property
    def settled(self) -> bool:
        """Whether the boxes on the picture are there."""
        return self.pictures.ready

    def _head(self) -> QHBoxLayout:
        self.evaluate = Button("studio.compare.evaluate", self._evaluate, "", "target")
        self.measure = Button("studio.compare.measure", self._measure, "", "clock")
        self.fit = Button("studio.fit.new", self.begin_fit, "", "target")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Title("studio.compare.title"))
        head.addSpacing(8)
        head.addWidget(self.parts)
        head.addStretch(1)
        head.addWidget(self.task, 2)
        for button in (self.evaluate, self.measure, self.fit):
            head.addWidget(button)
        return head

    def _build(self) -> None:
        head = self._head()
        table = Card(margin=1, spacing=0)
        table.body.addWidget(self.table)
        table.setMinimumHeight(_TABLE_HEIGHT)
        pictures = Card(margin=12)
        pictures.body.addWidget(self.pictures)
        self._scatter_card = Card(margin=12)
        self.below = QSplitter(Qt.Orientation.Horizontal)
        self.halves = QSplitter(Qt.Orientation.Vertical)
        for splitter, parts in ((self.below, (self._scatter_card, pictures)), (self.halves, (table, self.below))):
            splitter.setProperty("role", "quiet")
            splitter.setHandleWidth(12)
            splitter.setChildrenCollapsible(False)
            for part in parts:
                splitter.addWidget(part)
        self.below.setSizes([500, 500])
        self.halves.setSizes([240, 440])
        self.full = QWidget()
        layout = QVBoxLayout(self.full)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        self.body = QStackedWidget()
        self.body.addWidget(self.halves)
        self.body.addWidget(self.front)
        layout.addWidget(self.body, 1)
        self.empty = EmptyState("compare", "studio.compare.empty")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _connect(self) -> None:
        runs, project, tasks = self.studio.runs, self.studio.project, self.studio.tasks
        for signal in (
            runs.added,
            runs.removed,
            runs.changed,
            project.opened,
            project.changed,
            project.closed,
            tasks.added,
            self.studio.data_seen.changed,
        ):
            signal.connect(self._later)
        tasks.finished.connect(self._later)
        self.table.sided.connect(self.set_side)
        self.model.ticked.connect(self._show_ticked)
        self.task.ended.connect(self._on_task_ended)
        self.pictures.chosen.connect(self.refresh)
        self.classes.both_asked.connect(self._evaluate_both)
        self.table.fit_asked.connect(self.begin_fit)
        self.parts.chosen.connect(self.show_part)
        self.front.asked.connect(self.begin_fit)
        self.front.compared.connect(self._compare)
        self.studio.fits.wanted.connect(lambda: self.show_part(FITS))
        on_language(self._name_parts)
        self._name_parts()
        self.show_part(remembered_part(self.studio))

    def prepare(self) -> None:
        """Make the plots."""
        self.front.prepare()
        if self.scatter is None:
            from studio.views.compare.scatter_panel import CompareScatter

            self.scatter = CompareScatter()
            self._scatter_card.body.addWidget(self.scatter)
            self.scatter.plot.picked.connect(self.table.select)
            self.scatter.plot.sided.connect(self.set_side)
            self.scatter.plot.asked.connect(lambda name, spot: self.table.ask(name, spot.toPoint()))
            self.refresh()

    def activated(self) -> None:
        """Show what has changed meanwhile."""
        self.prepare()
        self.show_part(remembered_part(self.studio))
        self.refresh()

    def show_part(self, part: int) -> None:
        """Bring the runs or the fits to the front, and remember it."""
        keep_part(self.studio, part)
        self.parts.set_current(part)
        self.body.setCurrentIndex(part)
        for widget in (self.evaluate, self.measure):
            widget.setVisible(part == RUNS)
        self.studio.fits.look()

    def begin_fit(self, run: str | None = None) -> None:
        """Ask what to fit a run to; of none that is named the chosen one, or the one that it most likely is for."""
        begin_fit(self.studio, run, self)

    def inspector(self) -> QWidget:
        """A against B in figures, and class by class."""
        return self.classes

    def set_side(self, name: str, side: str) -> None:
        """Make a run A or B; one that is the other already changes places with it."""
        a, b = self._names
        if side == "a":
            a, b = name, (a if b == name else b)
        else:
            a, b = (b if a == name else a), name
        self.studio.settings.update(compare_a=a or "", compare_b=b or "")
        if side == "b":
            self.studio.project.choose(compare_alone=False)
        self.refresh()

    def refresh(self) -> None:
        """Show everything anew."""
        rows = rows_of(self.studio)
        self.stack.setCurrentWidget(self.full if rows else self.empty)
        self.model.show(rows)
        # What a person looks at is not changed under their eyes because another run has finished.
        looked_at = self._names if self._known and self.isVisible() else (None, None)
        self._names = sides_of(self.studio, rows, looked_at)
        caught_up = all(run.caught_up for run in self.studio.runs.runs)
        self._known = bool(rows) and (self._known or caught_up)
        a, b = (self.studio.runs.by_name(name) for name in self._names)
        self.model.set_sides(*self._names)
        self.pictures.show_sides(a, b)
        self.classes.show_sides(a, None if self.pictures.alone else b, self.pictures.alone)
        self._show_ticked()
        self._tell_buttons()
        finished = [run for run in self.studio.runs.runs if run.status == "finished"]
        self.set_state(PageState.DONE if len(finished) > 1 else PageState.READY if finished else PageState.EMPTY)

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _ticked(self) -> list[Run]:
        found = (self.studio.runs.by_name(row.name) for row in self.model.rows if self.model.is_ticked(row.name))
        return [run for run in found if run is not None]

    def _show_ticked(self) -> None:
        if self.scatter is not None:
            self.scatter.show_rows([row for row in self.model.rows if self.model.is_ticked(row.name)])
            a, b = self._names
            b = None if self.pictures.alone else b
            self.scatter.plot.show_sides(a, b)
            self.scatter.show_change(self._change(a, b))
        self._tell_buttons()

    def _change(self, a: str | None, b: str | None) -> dict[str, Delta | None]:
        """The change of every column from A to B."""
        before, after = (self.studio.runs.by_name(name) for name in (a, b))
        if before is None or after is None:
            return {}
        return deltas_of(run_figures(before), run_figures(after), between_runs(before, after))

    def _tell_buttons(self) -> None:
        ready = [run for run in self._ticked() if has_weights(run)]
        at_work = any(isinstance(task.job, EvaluateJob | HostJob) for task in self.studio.tasks.running())
        busy = at_work or self.task.busy
        why = "studio.compare.busy" if busy else None if ready else "studio.compare.none_ready"
        self.measure.why_not(why)
        self.fit.why_not(why_no_fit(self.studio))
        if self.fit.isEnabled():
            bind(self.fit.setToolTip, "studio.fit.new_tip")
        self.evaluate.why_not(why or (None if self._missing() else "studio.compare.all_tested"))
        if self.evaluate.isEnabled():
            bind(self.evaluate.setToolTip, "studio.compare.evaluate_tip")

    def _missing(self) -> list[tuple[str, Part]]:
        index = self.studio.project.index
        ready = [run for run in self._ticked() if has_weights(run)]
        return missing(ready, index.counts()) if index is not None else []

    def _evaluate(self) -> None:
        self._to_evaluate = self._missing()
        self._evaluate_next()

    def _evaluate_both(self, split: Part) -> None:
        """A and B on the same pictures: those that the project has now."""
        if not self.task.busy:
            self._to_evaluate = [(name, split) for name in self._names if name is not None]
            self._evaluate_next()

    def _evaluate_next(self) -> None:
        """One after the other: two at a time would only share the processor."""
        while self._to_evaluate and not self.task.busy:
            name, split = self._to_evaluate.pop(0)
            run = self.studio.runs.by_name(name)
            self._follow(self.studio.runs.evaluate(run, split) if run else None)

    def _measure(self) -> None:
        ready = [run for run in self._ticked() if has_weights(run)]
        self._follow(self.studio.runs.measure_host(ready))

    def _follow(self, task: Task | None) -> None:
        if task is not None:
            self.task.follow(task)
        self._tell_buttons()

    def _compare(self, base: str, run: str) -> None:
        """A point of a front beside what it was cut from."""
        self.set_side(base, "a")
        self.set_side(run, "b")
        self.show_part(RUNS)

    def _name_parts(self) -> None:
        self.parts.set_texts([tr("studio.fit.part_runs"), tr("studio.fit.part_fits")])
        self.parts.set_tips([tr("studio.fit.part_runs_tip"), tr("studio.fit.part_fits_tip")])

    def _on_task_ended(self, task: Task) -> None:
        if task.status != "finished":
            self._to_evaluate.clear()
        self._evaluate_next()
        self._later()
