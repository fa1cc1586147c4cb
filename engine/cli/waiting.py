"""Waiting in the queue for one's turn, from a terminal."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from engine.cli.language import said, say
from engine.contract.queue.changes import cancel, settings
from engine.contract.queue.entries import Entry, entries, entry_of
from engine.contract.queue.pump import pump
from engine.contract.queue.words import takes, waits_for
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import until_let_go
from engine.contract.run.tail import last_event
from engine.contract.text.messages import Cancelled, Message, UserError

_AT_WORK = ("running", "stopping")
_POLL_S = 0.25
_SAID_AGAIN_S = 60.0
"""Time left changes all the while; so often it is told."""


def takes_at_all(run_dir: Path) -> Message | None:
    """How long what was put in will take; None where nobody knows."""
    entry = entry_of(run_dir)
    return takes(entry.left) if entry is not None and entry.left is not None else None


def wait_for_turn(run_dir: Path, tell: Callable[[str], None]) -> None:
    """Until the run is at work or has ended, and tell meanwhile what it waits for; at once if it is in no queue.

    Raises Cancelled where it was taken out of the queue, by Ctrl-C here or by somebody else, or UserError for why it
    cannot be started.
    """
    entry = entry_of(run_dir)
    if entry is None or entry.state in _AT_WORK:
        return
    since, number = _told_so_far(run_dir), entry.number
    try:
        _wait(run_dir, tell)
    except KeyboardInterrupt:
        tell(say("queue.taken_out"))
        cancel(number)
        raise Cancelled from None
    if entry_of(run_dir) is None and _told_so_far(run_dir) == since:
        raise Cancelled


class Waiting:
    """Tells what entries wait for, where that changes and now and then."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._kind, self._told, self._looked = "", 0.0, time.monotonic()

    def look(self, runs: Collection[Path]) -> None:
        """Look at the queue, if the last look is a while ago, for the first of these runs, if none has had its turn."""
        if time.monotonic() - self._looked < _POLL_S:
            return
        self._looked, found = time.monotonic(), entries()
        ours = [each for each in found if each.run in runs]
        if any(each.state in _AT_WORK or each.started_at is not None for each in ours):
            return
        if ours and (len(ours) < len(found) or settings().paused):  # else it is their turn at the next look
            self.tell(ours[0], found)

    def tell(self, entry: Entry, found: Sequence[Entry]) -> None:
        """What this one waits for, beside the others."""
        words = waits_for(entry, found, whole_paused=settings().paused)
        kind = f"{words.code} {words.args.get('count')}"
        if kind != self._kind or time.monotonic() - self._told > _SAID_AGAIN_S:
            self._tell(words)
            self._kind, self._told = kind, time.monotonic()


def _wait(run_dir: Path, tell: Callable[[str], None]) -> None:
    waiting = Waiting(lambda words: tell(said(words)))
    while True:
        found = entries()
        entry = entry_of(run_dir, found)
        if entry is None or entry.state in _AT_WORK:
            return
        if entry.why is not None:
            cancel(entry.number)
            raise UserError(entry.why.code, **entry.why.args)
        waiting.tell(entry, found)
        time.sleep(_POLL_S)
        _pump()


def put_back(run_dir: Path) -> bool:
    """Whether a run that ended stands in the queue all the same, to go on there by itself or by a person's word."""
    until_let_go(RunFolder(run_dir).lock)
    _pump()
    entry = entry_of(run_dir)
    return entry is not None and not entry.interrupted


def _told_so_far(run_dir: Path) -> int:
    return last_event(RunFolder(run_dir).events)[1]


def _pump() -> None:
    with contextlib.suppress(OSError):  # a disk without room keeps nothing from what is at work
        pump()
