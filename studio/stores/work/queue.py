"""The queue of all that computes, of all projects of this person: looked at, kept going, and changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.queue import changes
from engine.contract.queue.entries import Entry, entries
from engine.contract.queue.tickets import QueueSettings, is_empty
from engine.contract.text.messages import Message, UserError
from studio.stores.followed import Waiting
from studio.stores.settings import SettingsStore
from studio.stores.work.queue_look import News, QueueLook, look_at
from studio.stores.work.taken_out import TakenOut, put_back, take_out
from studio.workers.background import Background

_LOOK_MS, _EMPTY_LOOKS = 500, 4
AT_WORK = ("running", "stopping")
RESTING = ("waiting", "paused", "missing", "refused")
"""The states of what nobody works on now; in all but the first it does not begin by itself."""


class QueueStore(QObject):
    """`entries` are what runs, then what waits; half a second old at most, for each look starts what there is room for.

    `ended` tells News of one that was at work and is not any more; `taken_out` what was cancelled while it waited, and
    can be put back; `failed` a Message.
    """

    changed = Signal()
    ended = Signal(object)
    failed = Signal(object)
    taken_out = Signal(object)
    put_back = Signal(object)

    def __init__(self, settings: SettingsStore, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background
        self.latest = QueueLook()
        self._looking = self._again = self._closed = False
        self._idle = 0
        self._stopping: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of it, in order."""
        return self.latest.entries

    @property
    def settings(self) -> QueueSettings:
        """How many at once, and whether all of it is paused."""
        return self.latest.settings

    def entry_of(self, root: Path) -> Entry | None:
        """The entry of a run or task."""
        return next((entry for entry in self.entries if entry.run == root), None)

    def waiting_of(self, root: Path) -> Waiting | None:
        """How one stands that nobody works on; None for what is at work, or is no entry."""
        entry = self.entry_of(root)
        if entry is None or entry.state not in RESTING:
            return None
        if entry.state == "waiting" and self.settings.paused:
            return Waiting(self.before(entry), None, "halted")
        return Waiting(self.before(entry), self.latest.starts.get(entry.number), entry.state)

    def before(self, entry: Entry) -> int:
        """How many come before one that waits, those at work included."""
        earlier = self.entries[: self.entries.index(entry)]
        return sum(each.lane == entry.lane and each.state not in RESTING[1:] for each in earlier)

    def ahead(self) -> int:
        """How many long ones come before one that is put in now."""
        return sum(entry.lane == "long" and entry.state not in RESTING[1:] for entry in self.entries)

    def at_work(self) -> tuple[Entry, ...]:
        """What is being worked on."""
        return tuple(entry for entry in self.entries if entry.state in AT_WORK)

    def resting(self) -> tuple[Entry, ...]:
        """What waits, is paused, or cannot begin."""
        return tuple(entry for entry in self.entries if entry.state in RESTING)

    def look(self) -> None:
        """Look now, beside the GUI thread."""
        if self._looking or self._closed:
            self._again = True
            return
        self._looking = True
        self._background.run(look_at(self.latest), self._take, self._fail)

    def move(self, number: int, *, before: int | None = None, after: int | None = None) -> None:
        """Put one that waits before or behind another."""
        self._do(lambda: changes.move(number, before=before, after=after))

    def move_by(self, number: int, step: int) -> None:
        """Put one that waits a place further up (-1) or down (1), or as far as it goes (a larger step)."""
        numbers = [entry.number for entry in self.resting()]
        if number not in numbers:
            return
        place = numbers.index(number)
        target = min(max(0, place + step), len(numbers) - 1)
        if target < place:
            self.move(number, before=numbers[target])
        elif target > place:
            self.move(number, after=numbers[target])

    def pause(self, number: int) -> None:
        """Leave one in the queue without doing it; one at work is stopped, and goes on exactly where it was."""
        self._forget_stopped(number)
        self._do(lambda: changes.pause(number))

    def go_on(self, number: int) -> None:
        """Have one wait for its turn again."""
        self._forget_stopped(number)
        self._do(lambda: changes.go_on(number))

    def cancel(self, entry: Entry) -> None:
        """Take one out; one at work is stopped. What was cancelled before it began can be put back."""

        self._do(lambda: take_out(entry), self.took_out)

    def took_out(self, out: TakenOut | None) -> None:
        """One was cancelled, here or by another store; None where it cannot be put back, as it was at work."""
        if out is not None:
            self.taken_out.emit(out)
        self.look()

    def restore(self, out: TakenOut) -> None:
        """Put back where it was what was taken out."""
        self._do(lambda: put_back(out), lambda root: self.put_back.emit(root))

    def pause_all(self, on: bool) -> None:
        """Start nothing more, or go on, also with what quitting has stopped; what is at work goes on in any case."""
        if on:
            self._do(changes.pause_all)
            return
        stopped = [entry.number for entry in self.entries if entry.number in self._settings.value.stopped]
        self._settings.update(stopped=())

        def go_on() -> None:
            for number in stopped:
                with suppress(UserError):  # it ended, or was taken out, since the last look
                    changes.go_on(number)
            changes.go_on_all()

        self._do(go_on)

    def set_at_once(self, count: int) -> None:
        """So many at once; 0 for as many as memory and cores allow."""
        self._do(lambda: changes.set_at_once(count))

    def stop_all(self, done: Callable[[], object], refused: Callable[[], object]) -> None:
        """Start nothing more and pause what is at work, which takes up to 10 s; then `done`.

        `refused`, after `failed`, where the queue cannot be paused, so that nothing was stopped, or not all of it was.
        """
        failures: list[Message] = []

        def one_ended(number: int, failure: Message | None = None) -> None:
            # One that is unknown by now ended before it could be stopped.
            if failure is not None and not failure.code.startswith("queue.unknown"):
                failures.append(failure)
            self._stopping.discard(number)
            if not self._stopping:
                refuse(failures[0]) if failures else done()

        def stop(numbers: list[int]) -> None:
            self._settings.update(stopped=tuple(numbers))
            self._stopping = set(numbers)
            for number in numbers:
                self._background.run(
                    lambda number=number: changes.pause(number),  # type: ignore[misc]
                    lambda _, number=number: one_ended(number),  # type: ignore[misc]
                    lambda failure, number=number: one_ended(number, failure),  # type: ignore[misc]
                )
            if not numbers:
                done()

        def refuse(message: Message) -> None:
            self._refuse(message)
            refused()

        self._background.run(_halted, stop, refuse)

    def close(self) -> None:
        """Look no more; what was begun goes on."""
        self._closed = True
        self._timer.stop()

    def _do(self, work: Callable[[], Any], done: Callable[[Any], object] = lambda _: None) -> None:
        def then(outcome: Any) -> None:
            done(outcome)
            self.look()

        self._background.run(work, then, self._refuse)

    def _forget_stopped(self, number: int) -> None:
        """A person decided of one that quitting stopped: it does not go on with the others."""
        left = tuple(each for each in self._settings.value.stopped if each != number)
        if left != self._settings.value.stopped:
            self._settings.update(stopped=left)

    def _refuse(self, message: Message) -> None:
        self.failed.emit(message)
        self.look()

    def _tick(self) -> None:
        """Somebody else may put something into an empty queue: that need not be seen at once."""
        self._idle = self._idle + 1 if not self.entries and is_empty() else _EMPTY_LOOKS
        if self._idle >= _EMPTY_LOOKS:
            self._idle = 0
            self.look()

    def _take(self, found: tuple[QueueLook, tuple[News, ...]]) -> None:
        look, news = found
        self._looking = False
        if look != self.latest:
            self.latest = look
            self.changed.emit()
        for each in news:
            self.ended.emit(each)
        if self._again:
            self._again = False
            self.look()

    def _fail(self, _: Message) -> None:
        """The disk refused a look: the next one may do."""
        self._looking = False


def _halted() -> list[int]:
    """Start nothing more; what is at work then, also what began since the last look. It blocks, and raises OSError."""
    changes.pause_all()
    return sorted(entry.number for entry in entries() if entry.state in AT_WORK)
