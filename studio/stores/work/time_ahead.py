"""How long a job would take that nobody has started yet, worked out beside the GUI thread by what earlier ones took."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.queue.pace import Left, pace
from engine.contract.recipe import PlannedJob
from engine.contract.run.job import Job
from studio.workers.background import Background

_SOON_MS = 200


class TimeAhead(QObject):
    """`left` is None where it is not known, or not yet; the last question counts."""

    changed = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.left: Left | None = None
        self._background = background
        self._asked: tuple[Job | None, tuple[PlannedJob, ...]] = (None, ())
        self._number = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._ask)

    def ask(self, job: Job | None, planned: Sequence[PlannedJob] = (), *, anew: bool = False) -> None:
        """Work it out for a job, unless that is the last one that was asked; `anew` in any case. None has no time."""
        asked = (job, tuple(planned))
        if asked != self._asked or anew:
            self._asked = asked
            self._number += 1
            self._soon.start()

    def _ask(self) -> None:
        number, (job, planned) = self._number, self._asked
        if job is None:
            self._take(number, None)
            return

        def work() -> Left | None:
            return pace(job, planned=planned)

        self._background.run(work, lambda left: self._take(number, left), lambda _: self._take(number, None))

    def _take(self, number: int, left: Left | None) -> None:
        if number == self._number and left != self.left:
            self.left = left
            self.changed.emit()
