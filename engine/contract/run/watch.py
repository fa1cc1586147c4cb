"""Watching a run from outside: its events as they come, and what its end means."""

from __future__ import annotations

import time
from collections.abc import Iterator

from engine.contract.run.events import CancelledEvent, Event, Failed
from engine.contract.run.folder import RunFolder, folder_gone
from engine.contract.run.lock import read_record
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.text.messages import Cancelled, JobFailed, UserError

POLL_S = 0.05


def watch(folder: RunFolder) -> Iterator[tuple[list[Event], RunState]]:
    """The new events and the state after them, twenty times a second until the worker has ended.

    Raises JobFailed if the worker or its folder was lost, StreamError on a broken stream.
    """
    tail = EventTail(folder.events)
    record = read_record(folder.lock)
    # What earlier sittings told counts, but is not told again.
    state = fold(tail.read(record.offset if record else 0))
    while True:
        # The status first: what was told before the worker ended is then read in any case.
        try:
            status, events = folder.status(), tail.read()
        except UserError:
            if folder.root.is_dir():
                raise
            raise folder_gone(folder) from None
        if status != "finished" and not folder.root.is_dir():
            raise folder_gone(folder)
        state = state.apply(*events)
        yield events, state
        if status == "lost":
            raise folder.worker_lost()
        if status not in ("queued", "running"):
            return
        time.sleep(POLL_S)


def outcome(state: RunState) -> RunState:
    """The state of a run that finished; raises what another's end means: UserError, JobFailed or Cancelled."""
    terminal = state.terminal
    if isinstance(terminal, Failed):
        kind = UserError if terminal.usage else JobFailed
        raise kind(terminal.message.code, **terminal.message.args)
    if isinstance(terminal, CancelledEvent):
        raise Cancelled
    return state
