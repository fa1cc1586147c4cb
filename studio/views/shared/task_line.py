"""One line for a task that goes on: what it does, how far it is, and a button that stops it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import duration
from studio.presenters.queue.time_words import waiting_line
from studio.stores.work.task import Task
from studio.widgets.buttons import IconButton
from studio.widgets.labels import Elided
from studio.widgets.panels import ErrorBanner


class TaskLine(QWidget):
    """Hidden without a task; `ended` tells the task that has ended. Its failure stays until it is put away.

    `named` where it is not plain from the page what the task is about: it then begins with the task's title. Without
    `failures` the page has its own place to say why a task failed.
    """

    ended = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, named: bool = False, failures: bool = True) -> None:
        super().__init__(parent)
        self.task: Task | None = None
        self._stopping, self._named, self._failures = False, named, failures
        self.text = Elided("", "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.resume = IconButton("play", "studio.queue.go_on", self._resume)
        self.stop = IconButton("stop", "studio.compare.stop_task", self._stop)
        self.failure = ErrorBanner()
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(self.resume)
        row.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._row)
        layout.addWidget(self.failure)
        on_language(self._refresh)
        self._refresh()

    @property
    def busy(self) -> bool:
        """Whether a task goes on."""
        return self.task is not None

    def follow(self, task: Task) -> None:
        """Show a task until it ends."""
        self.leave()
        self.task, self._stopping = task, False
        self.failure.clear()
        task.changed.connect(self._refresh)
        task.finished.connect(self._finish)
        self._refresh()
        if task.ended and task.waiting is None:
            self._finish()

    def leave(self) -> None:
        """Show it no more; it goes on."""
        if self.task is not None:
            self.task.changed.disconnect(self._refresh)
            self.task.finished.disconnect(self._finish)
            self.task = None
        self.failure.clear()
        self._refresh()

    def _resume(self) -> None:
        if self.task is not None:
            self.task.resume()

    def _stop(self) -> None:
        if self.task is not None:
            self._stopping = True
            self.task.cancel()
            self._refresh()

    def _finish(self) -> None:
        task, self.task = self.task, None
        if task is None:
            return
        task.changed.disconnect(self._refresh)
        task.finished.disconnect(self._finish)
        self.failure.tell(task.error if self._failures and task.status in ("failed", "lost") else None)
        self._refresh()
        self.ended.emit(task)

    def _refresh(self) -> None:
        task = self.task
        self._row.setVisible(task is not None)
        self.setVisible(task is not None or not self.failure.isHidden())
        if task is None:
            return
        self.stop.setEnabled((not task.ended or task.waiting is not None) and not self._stopping)
        # Of one that was broken off its page tells, and has it go on.
        self.resume.setVisible(task.can_go_on and not task.ended)
        if self._stopping:
            self.bar.setMaximum(0)
            self.bar.show()
            self.text.set_full(tr("studio.compare.stopping"))
            return
        state = task.state
        progress = state.progress
        words = text_of(state.stage.message) if state.stage else task.title
        if task.waiting is not None:
            words = f"{task.title} · {waiting_line(task.waiting)}"
        elif self._named and state.stage:
            words = f"{task.title} · {words}"
        self.bar.setVisible(task.waiting is None)
        if progress is not None and progress.total:
            self.bar.setMaximum(1000)
            self.bar.setValue(round(1000 * progress.done / progress.total))
            words += f"  {100 * progress.done / progress.total:.0f} %"
            if progress.eta_s is not None:
                words += f"  {duration(progress.eta_s)}"
        else:
            self.bar.setMaximum(0)
        self.text.set_full(words)
