"""The phone page: the phones on the desk, one button that measures a run on one, and the exports."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.phones import BenchResult
from engine.contract.run.job import BenchJob
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.page_state import PageState
from studio.stores.phone.benches import BenchesStore, bench_of, live_rows, live_sustained
from studio.stores.run import Run
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.page import Page
from studio.views.phone.bench_form import MeasureForm
from studio.views.phone.bench_results import BenchResults
from studio.views.phone.devices import DeviceCard
from studio.views.phone.export import FORM_WIDTH, ExportPart
from studio.views.phone.measured import MeasuredList
from studio.views.phone.news import BenchNews
from studio.views.phone.time_card import TimeCard
from studio.views.shared.task_line import TaskLine
from studio.widgets.buttons import Button
from studio.widgets.controls import Segmented
from studio.widgets.labels import Elided, Title
from studio.widgets.scrolled import Scrolled

MEASURE, EXPORT = 0, 1


class PhonePage(Page):
    """Two parts, one in front: measuring on a phone, and exporting."""

    key = "phone"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.phones = studio.phones
        self.benches = BenchesStore(studio.tasks, studio.background, self)
        self.exporting = ExportPart(studio)
        self.form, self.task = self.exporting.form, self.exporting.task
        self.list, self.card, self.exports = self.exporting.list, self.exporting.card, self.exporting.exports
        self.devices = DeviceCard(self.phones)
        self.measure = MeasureForm(studio, self.phones)
        self.results = BenchResults(self.benches, studio.targets)
        self.time = TimeCard(studio, self.phones)
        self.bench_task, self.news = TaskLine(named=True), BenchNews()
        self.everywhere = MeasuredList(self.benches)
        self.start = Button("studio.bench.measure", self._measure, "primary", "play")
        self.why = Elided("", "caption", Qt.TextElideMode.ElideRight)
        self.why.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.parts = Segmented(2)
        self._build()
        self._connect()
        self._name_parts()
        self.show_part(self.phones.memory.get("part", MEASURE))
        self._on_run()

    @property
    def settled(self) -> bool:
        """Whether the estimate is there."""
        return self.time.ready

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(24, 16, 24, 0)
        head.setSpacing(16)
        head.addWidget(Title("studio.phone.title"))
        head.addWidget(self.parts)
        head.addWidget(self.why, 1)
        head.addWidget(self.start)
        head.addWidget(self.form.start)
        measuring = QWidget()
        row = QHBoxLayout(measuring)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left, right = (
            _scroll((self.devices, self.measure), 24, 8),
            _scroll((self.results, self.time, self.everywhere), 12, 6),
        )
        left.setFixedWidth(FORM_WIDTH + 36)
        row.addWidget(left)
        row.addWidget(right, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(measuring)
        self.stack.addWidget(self.exporting)
        around = QVBoxLayout()
        around.setContentsMargins(24, 0, 24, 0)
        around.setSpacing(8)
        around.addWidget(self.bench_task)
        around.addWidget(self.news)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(around)
        column.addWidget(self.stack, 1)

    def _connect(self) -> None:
        studio = self.studio
        for signal in (studio.runs.added, studio.runs.removed, studio.project.opened, studio.project.closed):
            signal.connect(self.measure.reload)
        studio.runs.changed.connect(self._on_run_changed)
        studio.tasks.added.connect(self._on_task)
        self.parts.chosen.connect(self.show_part)
        self.phones.changed.connect(self._refresh)
        self.measure.changed.connect(self._on_run)
        self.exporting.changed.connect(self._refresh)
        self.benches.changed.connect(self._on_benches)
        self.results.changed.connect(self._show_time)
        self.bench_task.ended.connect(self._on_ended)
        self.news.show_wanted.connect(self.show_bench)
        self.everywhere.wanted.connect(self.show_bench)
        studio.project.closed.connect(lambda: self.news.tell(None))
        on_language(self._name_parts)
        for task in studio.tasks.running():
            self._on_task(task)

    def activated(self) -> None:
        """Look for phones from now on; files and benches may have come or gone since."""
        self.exporting.activated()
        self.measure.reload()
        self.benches.reload()
        self.phones.watch()
        self._show_time()

    def show_part(self, part: int) -> None:
        """Bring a part to the front, and remember it."""
        part = part if part in (MEASURE, EXPORT) else MEASURE
        self.parts.set_current(part)
        self.stack.setCurrentIndex(part)
        self.start.setVisible(part == MEASURE)
        self.form.start.setVisible(part == EXPORT)
        self.phones.memory.keep(part=part)
        self._refresh()

    def show_bench(self, bench: BenchResult) -> None:
        """Show a bench with its run, which is chosen from now on."""
        self.show_part(MEASURE)
        self.results.choose(bench.time)
        self.measure.choose(bench.run)

    def _measure(self) -> None:
        job = self.measure.job()
        if job is not None and not self.bench_task.busy:
            self.news.tell(None)
            self.measure.choose(Path(job.run).name)
            self.results.choose(None)
            self.studio.tasks.start(job)

    def _on_task(self, task: Task) -> None:
        """Follow a bench, whether it was started here or by an earlier studio."""
        if isinstance(task.job, BenchJob) and not self.bench_task.busy and not task.ended:
            self.bench_task.follow(task)
            task.changed.connect(self._on_told)
            self._on_told()
            self._refresh()

    def _on_told(self) -> None:
        """Show what a bench has told so far, unless another run is looked at."""
        task, run = self.bench_task.task, self.measure.current()
        if task is None or not isinstance(task.job, BenchJob):
            return
        if run is None or run.name != Path(task.job.run).name:
            if self.results.live:
                self.results.end_live()
            return
        state, serial = task.state, task.job.serial
        phone = next((phone for phone in self.phones.phones if phone.serial == serial), None)
        simulated = phone is not None and phone.simulated
        self.results.show_live(live_rows(state.samples), live_sustained(state.moments), simulated)

    def _on_ended(self, task: Task) -> None:
        task.changed.disconnect(self._on_told)
        self.results.end_live()
        if task.status == "finished":
            self.news.tell(bench_of(task.result()))
        self.benches.reload()
        self._refresh()

    def _on_benches(self) -> None:
        self.time.ask_again()
        self._refresh()

    def _on_run(self) -> None:
        run = self.measure.current()
        self.benches.show(run.root if run is not None else None)
        self._on_told()
        self._show_time()
        self._refresh()

    def _show_time(self) -> None:
        run = self.measure.current()
        self.time.show_run(run.name if run is not None else None, self.results.bench)
        self.news.on_screen(self.results.bench)
        self.everywhere.mark(self.results.bench)

    def _on_run_changed(self, run: Run) -> None:
        if run.status != "running":
            self.measure.reload()

    def _refresh(self) -> None:
        reason = "studio.bench.why_busy" if self.bench_task.busy else self.measure.problem()
        self.start.why_not(reason)
        self.why.set_full(tr(reason) if reason and self.parts.current() == MEASURE else "")
        if self.bench_task.busy or self.task.busy:
            self.set_state(PageState.BUSY)
        elif self.exports.exports or self.benches.benches:
            self.set_state(PageState.DONE)
        else:
            ready = any(run.status == "finished" for run in self.studio.runs.runs)
            self.set_state(PageState.READY if ready else PageState.EMPTY)

    def _name_parts(self) -> None:
        self.parts.set_texts([tr("studio.bench.part_measure"), tr("studio.bench.part_export")])
        self._refresh()
        self.parts.set_tips([tr("studio.bench.part_measure_tip"), tr("studio.bench.part_export_tip")])


def _scroll(widgets: tuple[QWidget, ...], left: int, right: int) -> Scrolled:
    inside = QWidget()
    inside.setObjectName("scrolled")
    column = QVBoxLayout(inside)
    column.setContentsMargins(left, 0, right, 16)
    column.setSpacing(12)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return Scrolled(inside)
