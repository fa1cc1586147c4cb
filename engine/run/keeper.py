"""Watches over one worker: records how it ended, and lets no process of its group outlive it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.contract.queue.pump import pump
from engine.contract.run.folder import TIED_VARIABLE, RunFolder, begin_sitting
from engine.contract.run.lock import LockRecord, RunLock, read_record
from engine.contract.run.ranks import read_lost
from engine.contract.system.memory import NEARLY_ALL, kernel_kills, peak_of_children, total_bytes
from engine.contract.system.processes import (
    end_group,
    end_with,
    fork_leader,
    reap,
    signal_process,
    start_time,
    wait_for_end,
)

GRACE_S = 1.0
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def keep(run_dir: Path, work: Callable[[RunLock], int]) -> int:
    """Do `work` in a child that leads its own session, and return its exit status; 1 if a signal killed it.

    The child shares the lock, which is freed only after its whole group is gone and its exit status recorded.
    If this process is killed, the kernel kills the child. Raises UserError as `begin_sitting` does.
    """
    folder = RunFolder(run_dir)
    tied = os.environ.get(TIED_VARIABLE, "")
    if tied.isdigit() and not end_with(int(tied)):
        return 1  # who we were started for is gone; the lock goes with us, and the run is lost
    lock = RunLock.adopt(folder.lock) or begin_sitting(folder)
    record = read_record(folder.lock) or LockRecord()
    keeper = os.getpid()
    lock.write(record.model_copy(update={"keeper": keeper, "keeper_started": start_time(keeper)}))
    kills = kernel_kills()
    worker = fork_leader(lambda: work(lock))
    told_to_end: list[int] = []
    _on_signals(told_to_end.append, lambda _: signal_process(worker, signal.SIGTERM))
    # The dead worker's id stays taken until its group is gone.
    wait_for_end(worker)
    end_group(worker, grace_s=GRACE_S)
    _on_signals(told_to_end.append)
    status = reap(worker)
    lost = read_lost(folder.root)  # a rank that was killed ends its worker too, which then says so
    ended = {"exit": status, **_memory(lost.exit if lost else status, kills, stopped=folder.cancel.exists())}
    lock.write((read_record(folder.lock) or LockRecord()).model_copy(update=ended))
    lock.close()
    _next_in_queue(told_to_end)
    return status if status >= 0 else 1


def _on_signals(*deeds: Callable[[int], object]) -> None:
    def told(number: int, _: object) -> None:
        for deed in deeds:
            deed(number)

    for number in _FORWARDED:
        signal.signal(number, told)


def _next_in_queue(told_to_end: Sequence[int]) -> None:
    """Start what waited for this run: the queue goes on without anybody who looks.

    Not where we were told to end ourselves, as when the machine shuts down: what was begun then would be killed at
    once. Whoever looks next starts it.
    """
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_DFL)  # from here on there is nothing to tidy up
    if told_to_end:
        return
    os.environ.pop(TIED_VARIABLE, None)  # what is started here outlives us
    with contextlib.suppress(OSError):
        pump()


def _memory(status: int, kills: int, *, stopped: bool) -> dict[str, object]:
    """How much memory the worker held, and whether it was killed for want of it: by evidence, and not by us."""
    peak = peak_of_children()
    short = kernel_kills() > kills or peak > NEARLY_ALL * total_bytes()
    return {"peak_mb": round(peak / 1e6), "no_memory": status == -signal.SIGKILL and short and not stopped}
