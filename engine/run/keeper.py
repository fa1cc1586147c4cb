"""Watches over one worker: records how it ended, and lets no process of its group outlive it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from engine.contract.run.folder import RunFolder, begin_sitting
from engine.contract.run.lock import LockRecord, RunLock, read_record
from engine.contract.run.processes import die_with_parent, end_group, start_time

GRACE_S = 1.0
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def keep(run_dir: Path, work: Callable[[RunLock], int]) -> int:
    """Do `work` in a child that leads its own session, and return its exit status; 1 if a signal killed it.

    The child shares the lock, which is freed only after its whole group is gone and its exit status recorded.
    If this process is killed, the kernel kills the child. Raises UserError as `begin_sitting` does.
    """
    folder = RunFolder(run_dir)
    lock = RunLock.adopt(folder.lock) or begin_sitting(folder)
    record = read_record(folder.lock) or LockRecord()
    keeper = os.getpid()
    lock.write(record.model_copy(update={"keeper": keeper, "keeper_started": start_time(keeper)}))
    worker = os.fork()
    if worker == 0:
        _be_worker(keeper, lambda: work(lock))
    for number in _FORWARDED:
        signal.signal(number, lambda *_: os.kill(worker, signal.SIGTERM))
    # The dead worker stays a zombie until its group is gone, so that nobody else gets its id meanwhile.
    os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
    end_group(worker, grace_s=GRACE_S)
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    lock.write((read_record(folder.lock) or LockRecord()).model_copy(update={"exit": status}))
    lock.close()
    return status if status >= 0 else 1


def _be_worker(keeper: int, work: Callable[[], int]) -> None:
    os.setsid()
    die_with_parent()
    # The keeper may have died before the line above could take effect.
    status = work() if os.getppid() == keeper else 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Python's own farewell waits for threads and unloads libraries that are known to hang or crash there.
    os._exit(status)
