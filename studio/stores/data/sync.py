"""Whether the source of the project's data changed, and bringing the index up to it and to what was corrected."""

from __future__ import annotations

import time
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.run.job import SyncJob
from engine.contract.source.changes import ChangesRequest, SourceChanges, SyncCounts, SyncResult
from engine.contract.text.messages import Message
from studio.stores.data.labels import LabelsStore
from studio.stores.project import ProjectStore
from studio.stores.work.task import Task
from studio.stores.work.tasks import TasksStore
from studio.workers.engine_process import AnsweringEngine

_OPENED_MS = 1000
"""After a project was opened its pages come first."""
_REST_MS = 1500
"""Corrected labels are applied when nothing was corrected for so long."""
_AGAIN_S = 30.0
"""The source is looked at again after so long, when somebody comes back to the window."""


class SyncStore(QObject):
    """`changes` is what the engine last said of the source, `task` the job at work, `result` what the last one did.

    Corrected labels are applied by themselves when correcting has ended (`hold`) and they are written, unless the
    source changed too: then the person decides, for a sync brings both. That job is `quiet`. `problem` is why the
    last one failed.
    """

    changed = Signal()

    def __init__(
        self, project: ProjectStore, tasks: TasksStore, labels: LabelsStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._tasks, self._labels = project, tasks, labels
        self.changes: SourceChanges | None = None
        self.put_off: SourceChanges | None = None
        self.task: Task | None = None
        self.result: SyncResult | None = None
        self.problem: Message | None = None
        self.held = self.quiet = False
        self._asked_at = -_AGAIN_S
        self._tried = -1
        self._engine = AnsweringEngine("figures", self)
        self._first, self._soon = _timer(self, _OPENED_MS, self.ask), _timer(self, _REST_MS, self._rested)
        project.opened.connect(self._opened)
        project.closed.connect(self._closed)
        labels.changed.connect(self._labels_changed)

    @property
    def busy(self) -> bool:
        """Whether the index is being made anew."""
        return self.task is not None

    @property
    def source_changed(self) -> bool:
        """Whether files of the source are not what the index was made of."""
        changes = self.changes
        return changes is not None and bool(changes.added or changes.changed or changes.gone)

    @property
    def source_gone(self) -> bool:
        """Whether the folder of the source is not there."""
        return self.changes is not None and not self.changes.source_there

    @property
    def old_counts(self) -> bool:
        """Whether an earlier Espalier counted the data, and nobody said yet that this may stay so."""
        changes = self.changes
        told = changes is not None and changes.source_there and changes.old_counts
        return told and not self._project.choices.old_counts

    def look(self) -> None:
        """Ask what changed, unless that was asked a moment ago: somebody came back to the window."""
        if self._project.folder is not None and time.monotonic() - self._asked_at >= _AGAIN_S:
            self.ask()

    def ask(self) -> None:
        """Ask what changed."""
        folder = self._project.folder
        if folder is None:
            return
        self._first.stop()
        self._asked_at = time.monotonic()
        self._engine.ask("changes", ChangesRequest(project=str(folder.root)).model_dump(), self._receive)

    @property
    def tried(self) -> bool:
        """Whether all that was corrected was to be applied before."""
        return self._labels.revision == self._tried

    def hold(self, on: bool) -> None:
        """Let corrections wait while somebody corrects."""
        self.held = on
        self._labels_changed()

    def apply(self) -> None:
        """Apply corrected labels now; what changed in the source comes with them."""
        self.problem = None
        self.bring()

    def bring(self, fix: bool | None = None, quiet: bool = False, source: str | None = None) -> None:
        """Bring the index up to the source and to what was corrected.

        `fix` mends what can be mended from now on; `source` is the folder where the data lies now, if it was moved.
        """
        folder = self._project.folder
        if folder is None or self.busy:
            return
        self._soon.stop()
        self.quiet = quiet
        self.problem = self.result = None
        task = self.task = self._tasks.start(SyncJob(project=str(folder.root), fix=fix, source=source))
        self._tried = self._labels.revision
        task.changed.connect(self.changed)
        task.finished.connect(lambda: self._finished(task))
        self.changed.emit()

    def look_closely(self) -> Task:
        """Have the engine find out what a sync would do, and what could be mended; the task's result tells."""
        folder = self._project.folder
        assert folder is not None
        return self._tasks.start(SyncJob(project=str(folder.root), look=True))

    def stop(self) -> None:
        """Stop what is at work; the index stays as it was."""
        if self.task is not None:
            self.task.cancel()

    def later(self) -> None:
        """Say no more of these changes; of others again."""
        self.put_off = self.changes
        if self.old_counts and not self.source_changed:
            self._project.choose(old_counts=True)
        self.changed.emit()

    def dismiss(self) -> None:
        """Say no more of what was done or failed."""
        self.result = self.problem = None
        self.changed.emit()

    def close(self) -> None:
        """End the process that answers."""
        self._engine.close()

    def _receive(self, answer: dict[str, Any] | Message) -> None:
        if self._project.folder is None:
            return
        QTimer.singleShot(0, self, self._rest)
        fields = answer if isinstance(answer, dict) else {}
        try:
            told = SourceChanges.model_validate(
                {key: fields[key] for key in SourceChanges.model_fields if key in fields}
            )
        except ValidationError:  # an engine that cannot tell says why on the job, when one is asked for
            return
        self.changes = told
        if not self.busy:
            self._project.catch_up()
        if self.put_off is not None and _counts(self.put_off) != _counts(told):
            self.put_off = None
        self.changed.emit()
        self._apply_if_alone()

    def _rest(self) -> None:
        """It is asked seldom; a process that waits for that would be one too many."""
        if not self._engine.busy:
            self._engine.close()

    def _labels_changed(self) -> None:
        if self._labels.revision != self._tried and self._labels.waiting:
            self.problem = self.result = None
        if self._wanted():
            self._soon.start()
        else:
            self._soon.stop()
        self.changed.emit()

    def _wanted(self) -> bool:
        labels = self._labels
        ready = labels.waiting > 0 and labels.saved and labels.problem is None
        # Once for each correction: what a sync does not take in would be tried for ever.
        ready = ready and labels.revision != self._tried
        return ready and not self.held and not self.busy and self.problem is None

    def _rested(self) -> None:
        """Ask first: what changed in the source meanwhile would come along unasked."""
        self.ask()

    def _apply_if_alone(self) -> None:
        if self._wanted() and not self._soon.isActive() and not self.source_changed and not self.source_gone:
            self.bring(quiet=True)

    def _finished(self, task: Task) -> None:
        if self.task is not task:
            return
        self.task = None
        if task.status == "finished":
            self.result = read_result(task)
            self._project.reopen_index()
            if self.quiet and self.result is not None and not _beyond_labels(self.result.changes):
                self.result = None
            self._tasks.dismiss(task)
            self.changes = self.put_off = None
            self.ask()
        elif task.status != "cancelled":
            self.problem = task.error or Message(code="studio.source.lost", args={"path": str(task.root)})
        self.changed.emit()
        self._labels_changed()

    def _opened(self) -> None:
        self._first.start()

    def _closed(self) -> None:
        for timer in (self._first, self._soon):
            timer.stop()
        self._engine.close()
        self.changes = self.put_off = self.task = self.result = self.problem = None
        self.held, self._asked_at, self._tried = False, -_AGAIN_S, -1
        self.changed.emit()


def read_result(task: Task) -> SyncResult | None:
    """What a job `sync` told; None where it told nothing that can be read."""
    try:
        return SyncResult.model_validate(task.result())
    except ValidationError:
        return None


def _counts(changes: SourceChanges) -> tuple[bool, int, int, int]:
    return changes.source_there, changes.added, changes.changed, changes.gone


def _beyond_labels(counts: SyncCounts) -> bool:
    return counts.model_copy(update={"corrected": 0, "relabelled": 0}).any


def _timer(parent: QObject, after_ms: int, call: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(after_ms)
    timer.timeout.connect(call)
    return timer
