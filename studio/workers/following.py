"""Following run folders: their events in small portions, their status, all from one timer."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.run.events import TERMINAL, Event
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.state import RunState
from engine.contract.run.tail import EventTail, StreamError
from engine.contract.system.files import identity_of
from engine.contract.text.messages import Message
from studio.workers.background import system_message

TICK_MS = 50
BUDGET_S = 0.02
"""Time for reading in one tick, over all runs."""
PORTION = 64 * 1024
_STATUS_EVERY = 5


class Follower(QObject):
    """One run folder: `told` gives new events, `status_changed` is told after `status` changed, `broken` a Message."""

    told = Signal(object)
    status_changed = Signal()
    broken = Signal(object)

    def __init__(self, root: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.folder = RunFolder(root)
        self.state = RunState()
        self.status: Status = "queued"
        self.error: Message | None = None
        self._tail = EventTail(self.folder.events)
        self._place = identity_of(self.folder.root)
        self._marks: tuple[object, ...] | None = None
        self._ticks = 0
        self._portion = PORTION
        self._behind = True

    @property
    def active(self) -> bool:
        """True while there is something to read or to wait for."""
        return self.error is None and (self._behind or self.status == "running")

    @property
    def caught_up(self) -> bool:
        """True once everything that was written has been read."""
        return not self._behind

    def has_changed(self) -> bool:
        """Whether the folder was touched since the last call: a worker started, resumed, or told something."""
        marks = tuple(_mark(path) for path in (self.folder.events, self.folder.lock, self.folder.job))
        changed, self._marks = marks != self._marks, marks
        return changed

    def wake(self) -> None:
        """Look again, whatever the status was."""
        self._behind = True
        self._ticks = 0

    def tick(self) -> None:
        """Read one portion; ask the status now and then, and whenever a worker has said its last word.

        A folder that is not there, or another of its name, is waited for: what is known stays as it was.
        """
        if not self._in_place():
            return
        try:
            if self._behind or self._ticks % _STATUS_EVERY == 0:
                # The status first: what was told before the worker ended is then read in any case.
                status = self.folder.status()
                self._read()
                if not self._behind:
                    self._set_status(status)
            elif any(isinstance(event, TERMINAL) for event in self._read()):
                self._set_status(self.folder.status())
            self._ticks += 1
        except (StreamError, OSError) as error:
            if self._in_place():  # else it went while it was read
                self._break(error.message if isinstance(error, StreamError) else system_message(error))

    def _in_place(self) -> bool:
        found = identity_of(self.folder.root)
        self._place = self._place or found
        return found is not None and found == self._place

    def _read(self) -> list[Event]:
        start = self._tail.offset
        portion = start + self._portion
        self._behind = _size(self.folder.events) > portion
        events = self._tail.read(portion if self._behind else None)
        # A line longer than a portion needs a greater one.
        stuck = self._behind and self._tail.offset == start
        self._portion = 2 * self._portion if stuck else PORTION
        if events:
            self.state = self.state.apply(*events)
            self.told.emit(events)
        return events

    def _set_status(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self.status_changed.emit()

    def _break(self, message: Message) -> None:
        self.error = message
        self._behind = False
        self.broken.emit(message)


class Following(QObject):
    """Drives every follower from one timer, in turn, within one budget of time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._followers: deque[Follower] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def follow(self, root: Path) -> Follower:
        """Begin to follow a folder."""
        follower = Follower(root, self)
        self._followers.append(follower)
        self.wake(follower)
        return follower

    def wake(self, follower: Follower) -> None:
        """Look at a follower again that had nothing more to wait for."""
        if follower.error is None:
            follower.wake()
            if not self._timer.isActive():
                self._timer.start()

    def forget(self, follower: Follower) -> None:
        """Stop following."""
        if follower in self._followers:
            self._followers.remove(follower)
        follower.deleteLater()

    def close(self) -> None:
        """Stop following everything."""
        self._timer.stop()
        while self._followers:
            self._followers.pop().deleteLater()

    def _tick(self) -> None:
        deadline = time.monotonic() + BUDGET_S
        waiting = [follower for follower in self._followers if follower.active]
        while waiting and time.monotonic() < deadline:
            follower = waiting.pop(0)
            follower.tick()
            if not follower.caught_up and follower.error is None:
                waiting.append(follower)
            # Who was served goes to the end, so that a tick that ran out of time begins with the others.
            if follower in self._followers:
                self._followers.remove(follower)
                self._followers.append(follower)
        if not any(follower.active for follower in self._followers):
            self._timer.stop()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
