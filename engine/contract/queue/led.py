"""Entries that a process of ours has done otherwise than the queue would: by a fleet.

They stand in the queue so that they are seen there, and so that the queue takes them over when that process is killed.
A fleet on this machine begins each when its turn in the queue has come; one elsewhere takes nothing from it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contract.queue.fate import fate_of
from engine.contract.queue.pump import begun, settle_and_start, ticket_for
from engine.contract.queue.room import due, this_machine
from engine.contract.queue.tickets import Book, Ticket, opened, read_tickets
from engine.contract.run.folder import RunFolder
from engine.contract.system.processes import start_time


class Turns:
    """When each run of a fleet on this machine may begin."""

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def due(self, waiting: Collection[Path]) -> list[Path]:
        """Those of the runs whose turn has come; each is charged to the queue from now on. None on a full disk."""
        ours: list[Path] = []
        with contextlib.suppress(OSError), opened() as book:
            settle_and_start(book)
            for ticket in self._mine(book):
                if ticket.run in waiting:
                    book.keep(ticket.model_copy(update=begun(ticket)))
                    ours.append(ticket.run)
        return ours

    def taken_out(self, waiting: Collection[Path]) -> list[Path]:
        """Those of the runs that wait no more, for somebody took them out of the queue."""
        known = {ticket.run for ticket in read_tickets()}
        return [run for run in waiting if run not in known]

    def _mine(self, book: Book) -> list[Ticket]:
        if book.settings.paused:
            return []
        fates = {ticket.number: fate_of(ticket) for ticket in book.tickets}
        found = due(book.tickets, fates, this_machine(book.settings.at_once))
        return [each for each in found if fates[each.number] == "led" and each.leader == self._leader]


@contextmanager
def led(runs: Iterable[Path], *, here: bool = False) -> Iterator[Turns]:
    """Runs that have their job.json, which this process has done; left however it is, they stand in the queue no more.

    Done `here`, each may begin when `Turns` says so. Raises UserError for a bad job, OSError.
    """
    fresh = [ticket_for(RunFolder(run)) for run in runs]
    us = {"leader": os.getpid(), "leader_started": start_time(os.getpid()), "here": here}
    with opened() as book:
        for ticket in fresh:
            known = book.find(ticket.run)
            if known is None:
                place = {"number": book.new_number(), "order": book.last_order()}
                book.keep(ticket.model_copy(update=us | place))
            else:
                asked = {"command": ticket.command, "environment": ticket.environment}
                free = {"paused": False, "interrupted": False, "refused": None, "started": False}
                book.keep(known.model_copy(update=us | free | asked))
    try:
        yield Turns(os.getpid())
    finally:
        with contextlib.suppress(OSError), opened() as book:  # a full disk spoils nothing that was done
            for ticket in fresh:
                left = book.find(ticket.run)
                if left is not None and left.leader == us["leader"]:
                    book.drop(left)
            settle_and_start(book)
