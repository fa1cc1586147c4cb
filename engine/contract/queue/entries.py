"""The queue as it is looked at: plain views of its entries."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.contract.queue.fate import fate_of
from engine.contract.queue.pace import Left, left_of
from engine.contract.queue.speed import last_progress, last_stage
from engine.contract.queue.tickets import Lane, Ticket, read_all
from engine.contract.queue.titles import unreadable
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import LockRecord, read_record
from engine.contract.system.processes import age_of
from engine.contract.text.messages import Message

UNREADABLE = "unreadable"
"""The kind of an entry whose ticket cannot be read, where others have that of their job."""
State = Literal["running", "stopping", "waiting", "paused", "missing", "refused"]


@dataclass(frozen=True)
class Entry:
    """One entry; `place` counts those that wait from 1, None for others. `why` tells why one is refused, `left` what is
    left of a running one and what another will take.

    An `interrupted` one is paused because it was stopped from outside; after a restart of the machine it goes on.
    """

    number: int
    run: Path
    state: State
    kind: str
    title: Message
    project: Path | None
    lane: Lane
    cores: int
    memory_mb: int
    wanted_at: float
    started_at: float | None
    place: int | None
    left: Left | None
    why: Message | None
    interrupted: bool


def entries() -> list[Entry]:
    """What runs, then what waits, each in its order; read without the lock, and nothing is started."""
    tickets = read_all()
    views = [(ticket, _state(ticket)) for ticket in tickets.readable]
    at_work = [_entry(ticket, state, None) for ticket, state in views if state in ("running", "stopping")]
    found, place = list(at_work), 0
    for ticket, state in views:
        if state is None or state in ("running", "stopping"):
            continue
        place += state == "waiting"
        found.append(_entry(ticket, state, place if state == "waiting" else None))
    return [*found, *(_unreadable(number, file) for number, file in sorted(tickets.unreadable.items()))]


def entry_of(run: Path, found: Sequence[Entry] | None = None) -> Entry | None:
    """The entry of a run; None where it stands in the queue no more."""
    root = run.resolve()
    return next((each for each in (entries() if found is None else found) if each.run == root), None)


def _state(ticket: Ticket) -> State | None:
    """None for one that has ended and is only not taken out yet."""
    fate = fate_of(ticket)
    if fate == "ended":
        return None
    if fate == "runs":
        return "stopping" if ticket.is_stopping else "running"
    if fate == "missing":
        return "missing"
    if ticket.refused is not None or fate == "broken":
        return "refused"
    return "paused" if ticket.paused or fate == "held" else "waiting"


def _entry(ticket: Ticket, state: State | None, place: int | None) -> Entry:
    assert state is not None
    return Entry(
        number=ticket.number,
        run=ticket.run,
        state=state,
        kind=ticket.kind,
        title=ticket.title,
        project=ticket.project,
        lane=ticket.lane,
        cores=ticket.cores,
        memory_mb=ticket.memory_mb,
        wanted_at=ticket.wanted_at,
        started_at=ticket.started_at,
        place=place,
        left=_left(ticket, state),
        why=ticket.refused,
        interrupted=ticket.interrupted,
    )


def _unreadable(number: int, file: Path) -> Entry:
    """A ticket that says nothing: what it was of is not known, only that something was put in here."""
    return Entry(
        number=number,
        run=file,
        state="refused",
        kind=UNREADABLE,
        title=Message(code="queue.title.unreadable", args={"file": file.name}),
        project=None,
        lane="long",
        cores=1,
        memory_mb=0,
        wanted_at=0.0,
        started_at=None,
        place=None,
        left=None,
        why=unreadable(number, file),
        interrupted=False,
    )


def _left(ticket: Ticket, state: State) -> Left | None:
    known = None
    if ticket.low_s is not None and ticket.high_s is not None:
        known = Left(ticket.low_s, ticket.high_s, ticket.about, ticket.paced_by)
    if state not in ("running", "stopping") or ticket.started_at is None:
        return known
    folder, several = RunFolder(ticket.run), ticket.kind in ("recipe", "fit")
    elapsed_s, told = _elapsed_s(ticket, ticket.started_at), last_progress(folder)
    return left_of(known, elapsed_s, told, several=several, stage=last_stage(folder))


def _elapsed_s(ticket: Ticket, started_at: float) -> float:
    """Since a run was begun: by its keeper's age where that is known, for the clock of the wall may be set."""
    with contextlib.suppress(OSError):
        record = read_record(RunFolder(ticket.run).lock) or LockRecord()
        age_s = age_of(record.keeper, record.keeper_started)
        if age_s is not None:
            return age_s
    return max(0.0, time.time() - started_at)
