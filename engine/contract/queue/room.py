"""Which entries may run together: the rule of the queue, over plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.queue.tickets import Lane, Ticket
from engine.contract.system.cores import core_count
from engine.contract.system.memory import total_bytes

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


def startable(waiting: Sequence[Ticket], running: Sequence[Ticket], machine: Machine) -> list[Ticket]:
    """Which of those that wait start now, in their order; in each lane nobody overtakes but one that waits for a GPU.

    A GPU is held by one of a lane at a time, and kept for the first that waits for it.
    """
    taken, closed, found = list(running), set[Lane](), []
    spoken_for = {(each.lane, gpu) for each in running for gpu in each.gpus}
    for ticket in waiting:
        wants = {(ticket.lane, gpu) for gpu in ticket.gpus}
        if ticket.lane in closed:
            continue
        if wants & spoken_for:
            spoken_for |= wants
        elif _fits(ticket, taken, machine):
            taken.append(ticket)
            found.append(ticket)
            spoken_for |= wants
        else:
            closed.add(ticket.lane)
    return found


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
