"""A job's folder as the window sees it: what it told, its status, its error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.contract.run.events import Event, Failed
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.job import Job, parse_job
from engine.contract.run.state import RunState
from engine.contract.text.messages import Message
from engine.contract.text.reasons import at_place
from studio.workers.following import Follower, Following


@dataclass(frozen=True)
class Waiting:
    """How a job stands in the queue while nobody works on it: how many come before it, in how many seconds it begins.

    `state` is "waiting", "paused", "missing" or "refused"; "halted" for one that waits while the queue is paused.
    """

    before: int
    starts_s: float | None
    state: str

    @property
    def held(self) -> bool:
        """Whether only a person has it go on: it was paused, its worker was ended from outside, or could not start."""
        return self.state in ("paused", "refused")


BROKEN_OFF = ("cancelled", "failed", "lost")
ENDED = ("finished", *BROKEN_OFF)


class Followed(QObject):
    """`changed` tells that something is new, `told` the new events, `ended` that the worker has ended."""

    changed = Signal()
    told = Signal(object)
    ended = Signal()

    def __init__(self, root: Path, following: Following, parent: QObject) -> None:
        super().__init__(parent)
        self.root = root
        self.folder = RunFolder(root)
        self.job: Job | None = None
        self.job_error: Message | None = None
        self.waiting: Waiting | None = None
        self._following = following
        self._lost: Message | None = None
        self._follower: Follower = following.follow(root)
        self._follower.told.connect(self._tell)
        self._follower.status_changed.connect(self._turn)
        self._follower.broken.connect(self._turn)
        self.read_job()

    @property
    def state(self) -> RunState:
        """All that the job has told so far."""
        return self._follower.state

    @property
    def status(self) -> Status:
        """The derived status; one whose stream is broken has `error` as well."""
        return self._follower.status

    @property
    def caught_up(self) -> bool:
        """False while an old stream is still being read."""
        return self._follower.caught_up

    @property
    def can_go_on(self) -> bool:
        """Whether a person can have it go on: it was broken off, or the queue holds it. What waits goes on anyway."""
        return self.status in BROKEN_OFF if self.waiting is None else self.waiting.held

    @property
    def error(self) -> Message | None:
        """Why it failed, was lost, or cannot be read."""
        if self._follower.error is not None:
            return self._follower.error
        terminal = self.state.terminal
        if self.status == "failed" and isinstance(terminal, Failed):
            return terminal.message
        return (self._lost or self.job_error) if self.status == "lost" else self.job_error

    def stand(self, waiting: Waiting | None) -> None:
        """How it stands in the queue now; None while it is at work, or is not there."""
        if waiting != self.waiting:
            self.waiting = waiting
            self.changed.emit()

    def look(self) -> None:
        """Look at the folder again; to be called now and then."""
        if self._follower.has_changed():
            if self.job is None:
                self.read_job()
            self.wake()

    def wake(self) -> None:
        """A worker may have been started: follow it."""
        self._following.wake(self._follower)

    def forget(self) -> None:
        """Stop following."""
        self._following.forget(self._follower)
        self.deleteLater()

    def read_job(self) -> None:
        """Read `job.json`, which its maker may not have written yet."""
        try:
            self.job = parse_job(self.folder.job.read_text(encoding="utf-8"))
            self.job_error = None
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            reason = at_place(error) if isinstance(error, ValueError) else str(error)
            self.job_error = Message(code="studio.core.job", args={"path": str(self.folder.job), "reason": reason})

    def _tell(self, events: list[Event]) -> None:
        self.told.emit(events)
        self.changed.emit()

    def _turn(self) -> None:
        self._lost = self.folder.worker_lost().message if self.status == "lost" else None
        self.changed.emit()
        if self.status in ENDED or self._follower.error is not None:
            self.ended.emit()
