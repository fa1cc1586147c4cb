"""What became of a queue's entry, told by its run's folder: nothing of it is stored twice."""

from __future__ import annotations

import signal
from typing import Literal

from engine.contract.queue.tickets import Ticket
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lock import LockRecord, read_record
from engine.contract.run.tail import StreamError, last_event
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import is_same_process, machine_start

Fate = Literal["waits", "runs", "led", "ended", "returns", "held", "missing", "broken"]
"""`led`: a living process will have it begun, or gone on with; `returns`: it lost its keeper and is to be done again;
`held`: it was stopped and stands in the queue paused; `missing`: its project is not there, perhaps because its disk is
not; `broken`: its stream cannot be read.
"""
RETURNS = 3
"""So often an entry that lost its keeper goes on by itself."""
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)


def fate_of(ticket: Ticket) -> Fate:
    """What is to be done about a ticket now."""
    folder = RunFolder(ticket.run)
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
    if ticket.paused:
        return "held"
    if ticket.project is None or not ticket.run.is_relative_to(ticket.project):
        return "ended"  # what lies in no project belongs to the command that made it, which asks for it anew
    if status == "queued":
        return "waits"
    record = read_record(folder.lock) or LockRecord()
    if status == "lost" and record.exit is None:
        return "returns" if ticket.returns < RETURNS else "held"
    if folder.cancel.exists():
        return "ended"
    # A signal of the system, as when it shuts down, or of a person who knows why: nobody starts it against that.
    stopped = status == "cancelled" or (record.exit in _FROM_OUTSIDE and not record.no_memory)
    if not stopped:
        return "ended"
    return "held" if ticket.machine == machine_start() else "returns"


def told_size(folder: RunFolder) -> int:
    """How much a run has told, to compare with `Ticket.size`: of whole events, for half a line is nobody's word.

    Raises StreamError, OSError.
    """
    return last_event(folder.events)[1]
