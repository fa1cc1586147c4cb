"""Run folders that a fleet brings to their end, told as they go."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from engine.contract.run.events import Event
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lock import LockRecord, read_record
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.run.watch import outcome
from engine.contract.text.messages import Cancelled, JobFailed, Message
from engine.fleet.backend import Backend
from engine.fleet.piece import Demand, piece_of, refuse

POLL_S = 0.1
LOOK_S = 10.0
NOBODY_S = 120.0
"""So long a fleet may be without any machine that holds what is left; one that restarts is back by then."""
Next = Callable[[Path], Path | None]


@dataclass(frozen=True)
class Told:
    """What is new of a run. `ended` is how it stands at its end, `trouble` what went wrong around it."""

    run: Path
    events: list[Event]
    state: RunState
    ended: Status | None = None
    trouble: Message | None = None

    def result(self) -> RunState:
        """The state of a run that finished; raises UserError, JobFailed or Cancelled for every other end."""
        if self.ended == "finished":
            return self.state
        if self.trouble is not None:
            raise JobFailed(self.trouble.code, **self.trouble.args)
        outcome(self.state)
        if self.ended == "lost":
            raise RunFolder(self.run).worker_lost()
        raise Cancelled


def have_done(
    backend: Backend,
    runs: Iterable[Path],
    check: Callable[[], None] = lambda: None,
    then: Next = lambda _: None,
) -> Generator[Told, None, None]:
    """Have a fleet bring runs to their end; what they tell, as they tell it, and each end once.

    `then` may name a run that follows on one that has finished. `check` is called ten times a second: whatever it
    raises, as whatever ends this iterator, stops all that is left. Raises UserError before anything is begun for what
    the fleet cannot hold.
    """
    tails: dict[Path, _Tail] = {}
    room = _Room(backend)
    try:
        _begin(backend, runs, tails)
        while tails:
            check()
            room.look(tail.demand for tail in tails.values())
            over = backend.ended()
            for run in list(tails):
                told = tails[run].told(run in over, over.get(run))
                if told.events or told.ended is not None:
                    yield told
                if told.ended is None:
                    continue
                del tails[run]
                following = then(run) if told.ended == "finished" else None
                if following is not None:
                    _begin(backend, [following], tails)
            time.sleep(POLL_S)
    finally:
        backend.stop(list(tails))


def _begin(backend: Backend, runs: Iterable[Path], tails: dict[Path, _Tail]) -> None:
    nodes = backend.nodes()
    pieces = [piece_of(run, nodes) for run in runs]
    for piece in pieces:
        refuse(piece, nodes)
    for piece in pieces:
        tails[piece.run] = _Tail(RunFolder(piece.run), piece.demand)
        backend.begin(piece)


class _Room:
    """Whether any machine is left that could do any of the work; Ray itself would wait for one without a word."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._seen = self._looked = time.monotonic()

    def look(self, demands: Iterable[Demand]) -> None:
        """Now and then; raises JobFailed where there has been none for a while."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked, nodes = now, self._backend.nodes()
        if not nodes and not self._backend.tells_nodes or any(n.holds(each) for each in demands for n in nodes):
            self._seen = now
        elif now - self._seen > NOBODY_S:
            raise JobFailed("fleet.nobody_left", minutes=round(NOBODY_S / 60))


@dataclass
class _Tail:
    """One run's events; what earlier sittings told counts, but is not told again."""

    folder: RunFolder
    demand: Demand
    state: RunState = field(init=False)

    def __post_init__(self) -> None:
        self._events = EventTail(self.folder.events)
        self.state = fold(self._events.read(self._told_before()))

    def told(self, over: bool, trouble: Message | None) -> Told:
        """The new events, and the end where the fleet says that it has come."""
        status = self.folder.status() if over else None
        events = self._events.read()
        self.state = self.state.apply(*events)
        return Told(self.folder.root, events, self.state, status, trouble)

    def _told_before(self) -> int:
        if self.folder.status() == "running":
            return (read_record(self.folder.lock) or LockRecord()).offset
        return self.folder.events.stat().st_size if self.folder.events.is_file() else 0
