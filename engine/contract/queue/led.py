"""Entries that a process of ours has done elsewhere than the queue would: by a fleet.

They stand in the queue so that they are seen there, and so that the queue takes them over when that process is killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contract.queue.pump import settle_and_start, ticket_for
from engine.contract.queue.tickets import opened
from engine.contract.run.folder import RunFolder
from engine.contract.system.processes import start_time


@contextmanager
def led(runs: Iterable[Path]) -> Iterator[None]:
    """Runs that have their job.json, which this process has done; left however it is, they stand in the queue no more.

    Raises UserError for a bad job, OSError.
    """
    fresh = [ticket_for(RunFolder(run)) for run in runs]
    us = {"leader": os.getpid(), "leader_started": start_time(os.getpid())}
    with opened() as book:
        for ticket in fresh:
            known = book.find(ticket.run)
            if known is None:
                place = {"number": book.new_number(), "order": book.last_order()}
                book.keep(ticket.model_copy(update=us | place))
            else:
                book.keep(known.model_copy(update=us | {"paused": False, "interrupted": False, "refused": None}))
    try:
        yield
    finally:
        with opened() as book:
            for ticket in fresh:
                left = book.find(ticket.run)
                if left is not None and left.leader == us["leader"]:
                    book.drop(left)
            settle_and_start(book)
