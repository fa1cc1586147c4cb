"""Which runs were trained on other data than the project has today."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.contract.run.data_seen import SHORT, data_seen
from engine.contract.run.folder import Status
from engine.contract.text.messages import Message, UserError
from studio.stores.project import ProjectStore
from studio.stores.run import Run
from studio.stores.runs import RunsStore
from studio.workers.background import Background


class DataSeenStore(QObject):
    """Reads beside the window what each run saw, whenever its status turned; `changed` when more is known."""

    changed = Signal()

    def __init__(
        self, project: ProjectStore, runs: RunsStore, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._background = project, background
        self._seen: dict[Run, str | None] = {}
        self._read_at: dict[Run, Status] = {}
        self._today: str | None = None
        runs.added.connect(self._ask)
        runs.changed.connect(self._ask)
        runs.removed.connect(self._forget)
        project.opened.connect(self._renew)
        project.index_changed.connect(self._renew)
        project.closed.connect(self._renew)

    def other(self, run: Run) -> Message | None:
        """Why figures of a run are not of today's data; None where they are, or where nobody knows."""
        seen, today = self._seen.get(run), self._today
        if seen is None or today is None or seen == today:
            return None
        return Message(code="studio.source.seen_other", args={"seen": seen[:SHORT], "today": today[:SHORT]})

    def _ask(self, run: Run) -> None:
        # Told with every word of a run that trains: what it saw is asked for only where that may have turned.
        if self._read_at.get(run) == run.status:
            return
        self._read_at[run] = run.status
        root = run.root
        self._background.run(lambda: data_seen(root), lambda seen: self._take(run, seen))

    def _take(self, run: Run, seen: str | None) -> None:
        if run in self._read_at and self._seen.get(run) != seen:
            self._seen[run] = seen
            self.changed.emit()

    def _forget(self, run: Run) -> None:
        self._seen.pop(run, None)
        self._read_at.pop(run, None)

    def _renew(self) -> None:
        index = self._project.index
        try:
            self._today = index.content_hash() if index is not None else None
        except UserError:  # the index is broken, which the page says
            self._today = None
        self.changed.emit()
