"""Which entries may run together: the rule of the queue, over plain values."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.contract.queue.needs import every_gpu
from engine.contract.queue.tickets import Lane, Ticket
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import other_host
from engine.contract.system.cores import core_count
from engine.contract.system.memory import total_bytes
from engine.contract.system.processes import is_same_process

SHARE = 0.8
"""Of the machine's memory; the rest is the system's, the studio's, and what estimates miss."""

_SHORT_ALONE = 2


@dataclass(frozen=True)
class Machine:
    """What there is to share out; `at_once` long entries if a person said so, 0 for as many as there is room for."""

    cores: int
    memory_mb: int
    at_once: int = 0


def this_machine(at_once: int = 0) -> Machine:
    """This one."""
    return Machine(core_count(), round(SHARE * total_bytes() / 1e6), at_once)


def due(tickets: Sequence[Ticket], fates: Mapping[int, str], machine: Machine) -> list[Ticket]:
    """Whose turn it is, in their order. Those whose fate is `led` are begun by who leads them, the others by the queue.

    What another machine does takes no room of this one; what a fleet on this machine has given out does.
    """
    counted = [(_as_it_counts(ticket), fates[ticket.number]) for ticket in tickets]
    in_turn = [each for each, fate in counted if fate == "waits" or (fate == "led" and each.here and not each.started)]
    given_out = [each for each, fate in counted if fate == "led" and each.here and each.started]
    at_work = [each for each, fate in counted if fate == "runs" and not _is_elsewhere(each)]
    started = {each.number for each in startable(list(filter(_willing, in_turn)), [*at_work, *given_out], machine)}
    return [ticket for ticket in tickets if ticket.number in started]


def startable(waiting: Sequence[Ticket], running: Sequence[Ticket], machine: Machine) -> list[Ticket]:
    """Which of those that wait start now, in their order; in each lane nobody overtakes but one that waits for a GPU.

    A GPU is held by one of a lane at a time, or by those of one leader, which shares its GPUs out itself; it is kept
    for the first that waits for it.
    """
    taken, closed, found = list(running), set[Lane](), []
    spoken_for = list(running)
    for ticket in waiting:
        if ticket.lane in closed:
            continue
        if any(_want_one_gpu(ticket, each) for each in spoken_for):
            spoken_for.append(ticket)
        elif _fits(ticket, taken, machine):
            taken.append(ticket)
            found.append(ticket)
            spoken_for.append(ticket)
        else:
            closed.add(ticket.lane)
    return found


def _as_it_counts(ticket: Ticket) -> Ticket:
    """A fleet on this machine, while it is there, gives its runs whichever GPUs are free."""
    if ticket.here and is_same_process(ticket.leader, ticket.leader_started):
        return ticket.model_copy(update={"gpus": every_gpu()}) if ticket.gpus else ticket
    return ticket.model_copy(update={"leader": None})


def _is_elsewhere(ticket: Ticket) -> bool:
    with contextlib.suppress(OSError):
        return other_host(RunFolder(ticket.run).lock) is not None
    return False


def _willing(ticket: Ticket) -> bool:
    return not (ticket.paused or ticket.leaving or ticket.refused or ticket.started)


def _want_one_gpu(ticket: Ticket, other: Ticket) -> bool:
    together = ticket.leader is not None and ticket.leader == other.leader
    return ticket.lane == other.lane and not together and not set(ticket.gpus).isdisjoint(other.gpus)


def _fits(ticket: Ticket, taken: Sequence[Ticket], machine: Machine) -> bool:
    if not taken:
        return True  # it may want more than there is: then it runs alone
    beside = [each for each in taken if each.lane == ticket.lane]
    if sum(each.memory_mb for each in (*taken, ticket)) > machine.memory_mb:
        return False
    if machine.at_once:
        return len(beside) < machine.at_once
    # One short one runs beside whatever long ones there are, so that nobody waits hours for an export; two do by
    # themselves, for each begins and ends with work for one core.
    if ticket.lane == "short":
        return len(beside) < (1 if len(taken) > len(beside) else min(_SHORT_ALONE, machine.cores))
    return sum(min(each.cores, machine.cores) for each in (*beside, ticket)) <= machine.cores or not beside
