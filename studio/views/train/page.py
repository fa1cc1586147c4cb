"""The train page: the runs on the left, one of them at work on the right, or the form for a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.run.offers import Offer
from engine.contract.text.messages import Message
from studio.bound_texts import on_language
from studio.presenters.page_state import PageState, runs_state
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.page import Page
from studio.views.train.awaited import AwaitedRun
from studio.views.train.details import RunDetails
from studio.views.train.form import TrainForm
from studio.views.train.header import RunHeader
from studio.views.train.offers import OfferRow
from studio.views.train.runs import RunList
from studio.widgets.buttons import Button
from studio.widgets.labels import Heading, Muted, Text
from studio.widgets.panels import ErrorBanner

if TYPE_CHECKING:
    from studio.views.train.curves import Curves
    from studio.views.train.curves_card import CurvesCard

LIST_WIDTH = 288
_UNDO_MS = 12_000


class TrainPage(Page):
    """Starts, follows, stops and resumes runs."""

    key = "train"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._shown: Run | None = None
        self._wish_newest = False
        self.curves: Curves | None = None
        self.body: CurvesCard | None = None
        self.list = RunList(studio.runs)
        self.awaited = AwaitedRun(studio.runs)
        self.header = RunHeader()
        self.form = TrainForm(studio)
        self.details = RunDetails()
        self.problem = ErrorBanner()
        self.failure = ErrorBanner()
        self.offers = OfferRow()
        self._build()
        self._connect()
        self._show_first()

    def _build(self) -> None:
        self.new = Button("studio.train.new", self.show_form, "primary", "plus")
        self.empty = Muted("studio.train.no_runs")
        self._undo_row = _UndoRow(self._restore)
        side = QFrame()
        side.setProperty("role", "panel")
        side.setFixedWidth(LIST_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(8, 16, 8, 8)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.addWidget(Heading("studio.train.runs"))
        head.addStretch(1)
        head.addWidget(self.new)
        column.addLayout(head)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        column.addWidget(self._undo_row)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.form)
        self.stack.addWidget(self._build_run())
        self.stack.addWidget(self.awaited)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        line = QFrame()
        line.setProperty("role", "upright")
        row.addWidget(line)
        row.addWidget(self.stack, 1)

    def _build_run(self) -> QWidget:
        self.run_view = QWidget()
        layout = QVBoxLayout(self.run_view)
        layout.setContentsMargins(24, 12, 24, 12)
        layout.setSpacing(8)
        layout.addWidget(self.problem)
        layout.addWidget(self.header)
        layout.addWidget(self.failure)
        layout.addWidget(self.offers)
        self._place = layout
        return self.run_view

    def _connect(self) -> None:
        runs = self.studio.runs
        self.list.chosen.connect(self._on_chosen)
        self.awaited.asked.connect(self._show_awaited)
        self.awaited.came.connect(self.show_run)
        self.form.started.connect(self._on_started)
        self.form.closed.connect(lambda: self.show_run(self.list.current()))
        self.header.cancel_asked.connect(self._cancel)
        self.header.resume_asked.connect(self._resume)
        self.header.trash_asked.connect(self._trash)
        self.offers.asked.connect(self._take)
        runs.added.connect(self._on_added)
        runs.removed.connect(self._on_removed)
        runs.changed.connect(self._on_changed)
        runs.failed.connect(self._on_failed)
        self.studio.data_seen.changed.connect(self._show_data)
        on_language(self._show_data)
        self.studio.project.opened.connect(self._show_first)
        self.studio.project.closed.connect(self._show_first)

    def prepare(self) -> None:
        """Make the curves."""
        if self.curves is None:
            from studio.views.train.curves_card import CurvesCard

            self.body = CurvesCard(self.studio)
            self.curves = self.body.curves
            self._place.addWidget(self.body, 1)
            self.body.show_run(self._shown)

    def activated(self) -> None:
        """The list of runs takes the keys."""
        self.prepare()
        self.list.setFocus()

    def inspector(self) -> QWidget:
        """Figures, settings and notices of the run that is shown."""
        return self.details

    def show_form(self) -> None:
        """Show the form for a new run."""
        self.list.select(None)
        self._show(None)
        self.form.close_button.setVisible(bool(self.studio.runs.runs))
        self.stack.setCurrentWidget(self.form)

    def show_run(self, run: Run | None) -> None:
        """Show a run; without one, the latest that has curves, or the latest; without any, the form."""
        latest = self.studio.runs.runs[::-1]
        run = run or next((each for each in latest if each.state.metrics), latest[0] if latest else None)
        if run is None:
            self.show_form()
        else:
            self.list.select(run)
            self._show(run)

    def _show_awaited(self) -> None:
        self.list.select(None)
        self._show(None, leave=False)
        self.stack.setCurrentWidget(self.awaited)

    def _show(self, run: Run | None, *, leave: bool = True) -> None:
        if leave:
            self.awaited.leave()
        self._shown = run
        if run is not None:
            self.stack.setCurrentWidget(self.run_view)
        if self.body is not None:
            self.body.show_run(run)
        self._refresh()

    def _refresh(self) -> None:
        run = self._shown
        self.header.show_run(run)
        self._show_data()
        self.details.show_run(run, self.studio.runs.by_name(run.parent) if run is not None else None)
        if self.body is not None:
            self.body.refresh()
        broken = run is not None and run.error is not None
        self.failure.tell(run.error if run is not None and broken else None)
        self.offers.show_run(run)
        runs = self.studio.runs
        self.empty.setVisible(not runs.runs)
        self.list.setVisible(bool(runs.runs))
        self._tell_state()

    def _show_data(self) -> None:
        self.header.show_data(self.studio.data_seen.other(self._shown) if self._shown is not None else None)

    def _tell_state(self) -> None:
        closed = self.studio.project.project is None
        self.set_state(PageState.EMPTY if closed else runs_state([run.status for run in self.studio.runs.runs]))

    def _on_chosen(self, run: Run | None) -> None:
        if run is not None:
            self._show(run)
        elif self.stack.currentWidget() is self.run_view:
            self.show_run(None)

    def _on_started(self) -> None:
        self._wish_newest = True

    def _on_added(self, run: Run) -> None:
        if self._wish_newest:
            self._wish_newest = False
            self.show_run(run)
        elif self._shown is None and len(self.studio.runs.runs) == 1:
            self._show_first()
        else:
            self._refresh()

    def _on_removed(self, run: Run) -> None:
        if run is self._shown:
            self._show(None)
            # While a project is closed its runs go one by one; what is shown then is settled at the end.
            if self.studio.project.folder is not None:
                self.show_run(None)
        elif self.studio.project.folder is not None:
            self._refresh()

    def _on_changed(self, run: Run) -> None:
        if run is self._shown:
            self._refresh()
        else:
            self._tell_state()

    def _on_failed(self, message: Message) -> None:
        self._wish_newest = False
        self.problem.tell(message)

    def _show_first(self) -> None:
        self.problem.clear()
        self._undo_row.hide()
        if not self.awaited.take_up():
            self.show_run(self.studio.runs.active())

    def _cancel(self) -> None:
        if self._shown is not None:
            self.header.cancel.setEnabled(False)
            self.studio.runs.cancel(self._shown)

    def _take(self, offer: Offer) -> None:
        """Start what was offered in place of the run that failed; it is shown when it is there."""
        if self._shown is not None:
            self._wish_newest = True
            self.studio.runs.take(self._shown, offer)

    def _resume(self) -> None:
        if self._shown is not None:
            self.studio.runs.resume(self._shown)

    def _trash(self) -> None:
        run = self._shown
        if run is not None:
            name, thrown = run.name, self.studio.runs.trash(run)
            if thrown is not None:
                self._undo_row.offer(name, thrown)

    def _restore(self, name: str) -> None:
        self.show_run(self.studio.runs.by_name(self.studio.runs.restore(name)))


class _UndoRow(QFrame):
    """Says for some seconds what went to the trash, with a way back."""

    def __init__(self, undo: object) -> None:
        super().__init__()
        self._name = ""
        self._undo = undo
        self.setProperty("role", "banner")
        self.setProperty("tone", "info")
        self.text = Text()
        self.text.setWordWrap(True)
        self.button = Button("studio.train.undo", self._on_undo, "link")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(self.text)
        layout.addWidget(self.button)
        self._timer = QTimer(self)
        self._timer.setInterval(_UNDO_MS)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def offer(self, name: str, thrown: str) -> None:
        """Offer to take a run out of the trash, where it is called `thrown`."""
        self._name = thrown
        self.text.show_code("studio.train.trashed", run=name)
        self.show()
        self._timer.start()

    def _on_undo(self) -> None:
        self.hide()
        assert callable(self._undo)
        self._undo(self._name)
