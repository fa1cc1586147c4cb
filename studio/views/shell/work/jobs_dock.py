"""The dock below: what runs and has run, and the log of the run that is chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from engine.contract.fit.job import FitJob
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import duration
from studio.presenters.phone.bench_words import outcome
from studio.presenters.queue.time_words import waiting_line
from studio.presenters.run_status import STATUS_CODES, STATUS_TONES
from studio.presenters.train.standing import going_on
from studio.stores.phone.benches import bench_of
from studio.stores.run import Run
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.theme import restyle
from studio.views.queue.panel import QueuePanel
from studio.widgets.buttons import IconButton
from studio.widgets.labels import Chip, Elided, Muted, Text
from studio.workers.log_tail import LogTail


class JobRow(QFrame):
    """One run or task: name, status, stage, progress, and buttons that stop it or have it go on."""

    chosen = Signal(object)

    def __init__(self, job: Run | Task, studio: Studio) -> None:
        super().__init__()
        self.job = job
        self._studio = studio
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        self._name = Elided(mode=Qt.TextElideMode.ElideRight)
        self._status = Chip()
        self._status.setMinimumWidth(76)
        self._stage = Elided(role="muted", mode=Qt.TextElideMode.ElideRight)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._left = Text(role="muted")
        self._left.setMinimumWidth(72)
        self._stop = IconButton("stop", "studio.core.cancel", self._cancel)
        self._resume = IconButton("play", "studio.core.resume", self._go_on)
        self._front = IconButton("chart", "studio.fit.show_front", self._show_front)
        self._front.setVisible(isinstance(job, Task) and isinstance(job.job, FitJob))
        self._log = IconButton("log", "studio.core.show_log", lambda: self.chosen.emit(self.job))
        told = QHBoxLayout()
        told.setSpacing(12)
        told.addWidget(self._stage, 4)
        told.addWidget(self._bar, 3)
        told.addWidget(self._left)
        row.addWidget(self._name, 3)
        row.addWidget(self._status)
        row.addLayout(told, 7)
        for button in (self._stop, self._resume, self._front, self._log):
            row.addWidget(button)
            _keep_room(button)
        job.changed.connect(self.refresh)
        on_language(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is new."""
        job = self.job
        self._name.set_full(job.title if isinstance(job, Task) else job.name)
        bind(self._status.setText, STATUS_CODES[job.status])
        restyle(self._status, tone=STATUS_TONES[job.status])
        running = job.status == "running"
        stage = job.state.stage
        self._stage.set_full(text_of(job.error) if job.error else text_of(stage.message) if stage and running else "")
        bench = bench_of(job.result()) if isinstance(job, Task) and job.status == "finished" else None
        if bench is not None:
            self._stage.set_full(outcome(bench))
        if job.waiting is not None:
            self._stage.set_full(waiting_line(job.waiting))
        progress = going_on(job.state.progress) if running else None
        for widget in (self._bar, self._left):
            widget.setVisible(running)
        self._bar.setRange(0, progress.total if progress else 0)
        self._bar.setValue(progress.done if progress else 0)
        eta = progress.eta_s if progress else None
        self._left.show_text(tr("studio.core.left", time=duration(eta)) if eta is not None else "")
        self._stop.setVisible(running or job.waiting is not None)
        # A run goes on from the Train page; here only one that the queue holds.
        self._resume.setVisible(job.can_go_on and (isinstance(job, Task) or job.waiting is not None))
        if not running and job.waiting is None:
            self._stop.setEnabled(True)

    def _go_on(self) -> None:
        if isinstance(self.job, Task):
            self.job.resume()
        else:
            self._studio.runs.resume(self.job)

    def _show_front(self) -> None:
        from studio.views.fit.entry import show_front

        show_front(self._studio, self.job.root.name, self)

    def _cancel(self) -> None:
        if isinstance(self.job, Task):
            self.job.cancel()
        else:
            self._studio.runs.cancel(self.job)
        self._stop.setEnabled(False)


def _keep_room(button: IconButton) -> None:
    """Also where it is hidden, so that the rows are columns."""
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)


class JobsList(QScrollArea):
    """Tasks and runs, the newest first, those that run above the others."""

    chosen = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._rows: dict[Run | Task, JobRow] = {}
        self.setWidgetResizable(True)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(0)
        self._none = QWidget()
        around = QVBoxLayout(self._none)
        around.setContentsMargins(12, 8, 12, 8)
        around.addWidget(Muted("studio.core.no_jobs"))
        self._column.addWidget(self._none)
        self._column.addStretch(1)
        self.setWidget(inner)
        for store in (studio.runs, studio.tasks):
            store.added.connect(self._add)
            store.removed.connect(self._remove)
        known: list[Run | Task] = [*studio.runs.runs, *studio.tasks.tasks]
        for job in known:
            self._add(job)

    def _add(self, job: Run | Task) -> None:
        row = self._rows[job] = JobRow(job, self._studio)
        row.chosen.connect(self.chosen)
        self._column.insertWidget(0, row)
        self._none.hide()

    def _remove(self, job: Run | Task) -> None:
        row = self._rows.pop(job, None)
        if row is not None:
            self._column.removeWidget(row)
            row.hide()  # it is painted until it is deleted
            row.deleteLater()
        self._none.setVisible(not self._rows)


class LogView(QWidget):
    """The end of a log, at most 2000 lines, as it grows."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._tail: LogTail | None = None
        self._studio = studio
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        row = QHBoxLayout()
        self._of = QLabel()
        self._of.setProperty("role", "muted")
        self._copy = IconButton("copy", "studio.core.copy_log", self._copy_all)
        row.addWidget(self._of)
        row.addStretch(1)
        row.addWidget(self._copy)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setUndoRedoEnabled(False)
        self._text.setMaximumBlockCount(LogTail.LINES)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setProperty("role", "mono")
        self._text.setTabChangesFocus(True)
        bind(self._text.setAccessibleName, "studio.core.log")
        column.addLayout(row)
        column.addWidget(self._text, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(250)
        self._timer.timeout.connect(self._read)
        bind(self._of.setText, "studio.core.log_none")

    def show_log(self, job: Run | Task | None) -> None:
        """Show another log from its end on; None for none."""
        if job is not None:
            self.show_file(job.root, job.title if isinstance(job, Task) else job.name)
            return
        self._text.clear()
        self._tail = None
        self._timer.stop()
        bind(self._of.setText, "studio.core.log_none")

    def show_file(self, root: Path, name: str) -> None:
        """Show the log in a folder, called `name`."""
        self._text.clear()
        bind(self._of.setText, "studio.core.log_of", name=name, path=str(root / "log.txt"))
        self._tail = LogTail(root / "log.txt")
        self._read()
        self._timer.start()

    def shows(self, root: object) -> bool:
        """Whether this is the log of the folder `root`."""
        return self._tail is not None and self._tail.path.parent == root

    def _read(self) -> None:
        lines = self._tail.read() if self._tail and (self.isVisible() or not self._text.blockCount() > 1) else []
        if lines:
            bar = self._text.verticalScrollBar()
            at_end = bar.value() >= bar.maximum() - 2
            self._text.appendPlainText("\n".join(lines))
            if at_end:
                self._text.moveCursor(QTextCursor.MoveOperation.End)
                self._text.horizontalScrollBar().setValue(0)

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


class JobsDock(QTabWidget):
    """The queue of all projects, the jobs of this one, and a log, as tabs."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("jobs")
        self.setDocumentMode(True)
        self._studio = studio
        self.queue = QueuePanel(studio.queue)
        self.jobs = JobsList(studio)
        self.log = LogView(studio)
        for tab in (self.queue, self.jobs, self.log):
            self.addTab(tab, "")
        self.jobs.chosen.connect(self.show_log)
        self.queue.log_wanted.connect(lambda entry: self.show_log_at(entry.run, text_of(entry.title)))
        studio.queue.changed.connect(self._retranslate)
        studio.runs.removed.connect(self._run_removed)
        studio.project.closed.connect(lambda: self.log.show_log(None))
        on_language(self._retranslate)
        self._retranslate()

    def show_log(self, job: Run | Task) -> None:
        """Bring the log of a run or task to the front."""
        self.log.show_log(job)
        self.setCurrentWidget(self.log)

    def show_queue(self, number: int | None = None) -> None:
        """Bring the queue to the front, with an entry selected."""
        self.setCurrentWidget(self.queue)
        if number is not None:
            self.queue.select(number)

    def show_log_at(self, root: Path, name: str) -> None:
        """Bring the log in a folder to the front, whatever project that is of."""
        self.log.show_file(root, name)
        self.setCurrentWidget(self.log)

    def _run_removed(self, run: Run) -> None:
        if self.log.shows(run.root):
            self.log.show_log(None)

    def _retranslate(self) -> None:
        count = len(self._studio.queue.entries)
        self.setTabText(0, tr("studio.queue.title_count", count=count) if count else tr("studio.queue.title"))
        self.setTabText(1, tr("studio.core.jobs"))
        self.setTabText(2, tr("studio.core.log"))
