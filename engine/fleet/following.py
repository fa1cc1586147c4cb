"""Run folders that a fleet brings to their end, told as they go."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from engine.contract.run.events import Event
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lock import LockRecord, read_record
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.run.watch import outcome
from engine.contract.text.messages import Cancelled, JobFailed, Message
from engine.fleet.backend import Backend
from engine.fleet.piece import Demand, Piece, piece_of, refuse

POLL_S = 0.1
TURN_S = 0.5
"""So often it is asked whose turn it is."""
LOOK_S = 10.0
NOBODY_S = 120.0
"""So long a fleet may be without any machine that holds what is left; one that restarts is back by then."""
Next = Callable[[Path], Path | None]


class Turns(Protocol):
    """Who tells a fleet on this machine when a run may begin (engine/contract/queue/led.py)."""

    def due(self, waiting: Collection[Path]) -> list[Path]:
        """Those whose turn it is."""

    def taken_out(self, waiting: Collection[Path]) -> list[Path]:
        """Those that nobody wants any more."""


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
    turns: Turns | None = None,
) -> Generator[Told, None, None]:
    """Have a fleet bring runs to their end; what they tell, as they tell it, and each end once.

    `then` may name a run that follows on one that has finished. `check` is called ten times a second: whatever it
    raises, as whatever ends this iterator, stops all that is left. Raises UserError before anything is begun for what
    the fleet cannot hold. With `turns` a run is begun when it is its turn, and the fleet has room for it.
    """
    tails: dict[Path, _Tail] = {}
    room, begins = _Room(backend), _Begins(backend, turns)
    try:
        _put_in(backend, runs, tails)
        while tails:
            check()
            yield from begins.look(tails)
            room.look(tail.piece.demand for tail in tails.values())
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
                    _put_in(backend, [following], tails)
            time.sleep(POLL_S)
    finally:
        backend.stop(list(tails))


def _put_in(backend: Backend, runs: Iterable[Path], tails: dict[Path, _Tail]) -> None:
    nodes = backend.nodes()
    pieces = [piece_of(run, nodes) for run in runs]
    for piece in pieces:
        refuse(piece, nodes)
    for piece in pieces:
        tails[piece.run] = _Tail(RunFolder(piece.run), piece)


class _Begins:
    """Gives the fleet what waits: at once, or where there are turns, each in its own."""

    def __init__(self, backend: Backend, turns: Turns | None) -> None:
        self._backend, self._turns = backend, turns
        self._looked = 0.0

    def look(self, tails: dict[Path, _Tail]) -> Iterator[Told]:
        """Begin what may, and tell the end of those that were taken out of the queue while they waited."""
        waiting = [run for run, tail in tails.items() if not tail.begun]
        if self._turns is not None and waiting:
            if time.monotonic() - self._looked < TURN_S:
                return
            self._looked = time.monotonic()
            waiting = self._in_turn(self._turns, waiting, tails)
        for run in waiting:
            tails[run].begun = True
            self._backend.begin(tails[run].piece)
        for run in self._taken_out(tails):
            yield Told(run, [], tails.pop(run).state, "cancelled")

    def _in_turn(self, turns: Turns, waiting: Sequence[Path], tails: Mapping[Path, _Tail]) -> list[Path]:
        """Who is at work already, or has finished, is only followed and waits for nothing."""
        adopted = [run for run in waiting if tails[run].folder.status() in ("running", "finished")]
        busy = [tail.piece.demand for tail in tails.values() if tail.begun]
        left = [node.without(busy) for node in self._backend.nodes()]  # there is one, this machine
        fit = [run for run in waiting if run not in adopted and any(n.holds(tails[run].piece.demand) for n in left)]
        return [*adopted, *turns.due(fit)]

    def _taken_out(self, tails: Mapping[Path, _Tail]) -> list[Path]:
        waiting = [run for run, tail in tails.items() if not tail.begun and tail.folder.status() == "queued"]
        return self._turns.taken_out(waiting) if self._turns is not None and waiting else []


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
    piece: Piece
    begun: bool = False
    state: RunState = field(init=False)

    def __post_init__(self) -> None:
        self._events = EventTail(self.folder.events)
        self.state = fold(self._events.read(self._told_before()))

    def told(self, over: bool, trouble: Message | None) -> Told:
        """The new events, and the end where the fleet says that it has come."""
        status = self.folder.status() if over else None
        if over and not self.folder.root.is_dir():
            status, trouble = "cancelled", None  # somebody took it out of the queue, and its folder went with it
        events = self._events.read()
        self.state = self.state.apply(*events)
        return Told(self.folder.root, events, self.state, status, trouble)

    def _told_before(self) -> int:
        if self.folder.status() == "running":
            return (read_record(self.folder.lock) or LockRecord()).offset
        return self.folder.events.stat().st_size if self.folder.events.is_file() else 0
