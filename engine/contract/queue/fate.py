"""What became of a queue's entry, told by its run's folder: nothing of it is stored twice."""

from __future__ import annotations

import contextlib
import signal
from typing import Literal

from engine.contract.queue.speed import steps_done
from engine.contract.queue.tickets import Ticket
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lineage import parts_of
from engine.contract.run.lock import LockRecord, read_record
from engine.contract.run.tail import StreamError, last_event
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import is_same_process, machine_start

Fate = Literal["waits", "runs", "led", "ended", "returns", "held", "missing", "broken"]
"""`led`: a living process will have it begun, or gone on with; `returns`: it lost its keeper and is to be done again;
`held`: it was stopped and stands in the queue paused; `missing`: its project is not there, perhaps because its disk is
not, or its folder cannot be looked at; `broken`: its stream cannot be read.
"""
RETURNS = 3
"""So often an entry that lost its keeper goes on by itself, though it came no further."""
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)


def fate_of(ticket: Ticket) -> Fate:
    """What is to be done about a ticket now.

    One whose folder cannot be looked at, as over a connection that broke, is `missing` like one whose disk is away:
    what is wrong with one folder is no matter of the others, so no OSError of it goes further than here.
    """
    try:
        return _fate_of(ticket, RunFolder(ticket.run))
    except OSError:
        return "missing"


def _fate_of(ticket: Ticket, folder: RunFolder) -> Fate:
    if not folder.root.is_dir():
        return "missing" if ticket.project is not None and not ticket.project.is_dir() else "ended"
    try:
        status = folder.status()
    except StreamError:
        return "runs" if is_locked(folder.lock) else "broken"
    # The worker's last word comes before its keeper has tidied up.
    if status == "running" or is_locked(folder.lock):
        return "runs"
    if status == "finished":
        return "ended"
    told_more = told_size(folder) > ticket.size
    if is_same_process(ticket.leader, ticket.leader_started) and not (told_more and status in ("failed", "cancelled")):
        return "led"
    if not ticket.started and not told_more:
        return "waits"
    return _of_ended(ticket, folder, status)


def _of_ended(ticket: Ticket, folder: RunFolder, status: Status) -> Fate:
    if ticket.leaving or status == "failed":
        return "ended"
    if ticket.again:
        return "waits"
    if ticket.paused:
        return "held"
    if ticket.project is None or not ticket.run.is_relative_to(ticket.project):
        return "ended"  # what lies in no project belongs to the command that made it, which asks for it anew
    if status == "queued":
        return "waits"
    record = read_record(folder.lock) or LockRecord()
    if status == "lost" and record.exit is None:
        return "returns" if ticket.returns < RETURNS or is_further(ticket) else "held"
    if folder.cancel.exists():
        return "ended"
    # A signal of the system, as when it shuts down, or of a person who knows why: nobody starts it against that.
    stopped = status == "cancelled" or (record.exit in _FROM_OUTSIDE and not record.no_memory)
    if not stopped:
        return "ended"
    return "held" if ticket.machine == machine_start() else "returns"


def is_further(ticket: Ticket) -> bool:
    """Whether an entry that lost its keeper has done what it never did before, or the machine has ended under it."""
    return ticket.machine != machine_start() or steps_of(ticket) > ticket.reached


def steps_of(ticket: Ticket) -> int:
    """Optimiser steps told by a run, or by those that it has others do; 0 where none are."""
    with contextlib.suppress(OSError):
        return sum(steps_done(RunFolder(run)) for run in parts_of(ticket.run) or [ticket.run])
    return 0


def freed(ticket: Ticket) -> Ticket:
    """A ticket that a person lets go on; where its run is just being stopped, it will be begun again after that."""
    free = {"paused": False, "leaving": False, "interrupted": False, "refused": None, "returns": 0}
    again = ticket.is_stopping and fate_of(ticket) == "runs"
    return ticket.model_copy(update=free | {"again": again})


def told_size(folder: RunFolder) -> int:
    """How much a run has told, to compare with `Ticket.size`: of whole events, for half a line is nobody's word.

    Raises StreamError, OSError.
    """
    return last_event(folder.events)[1]
