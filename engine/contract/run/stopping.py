"""Stopping a run: ask, then tell, then kill, each with a time limit."""

from __future__ import annotations

import contextlib
import signal
import time
from pathlib import Path

from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lineage import maker_job, parts_of
from engine.contract.run.lock import LockRecord, other_host, read_record
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import (
    find_process,
    group_members,
    is_same_process,
    signal_group,
    signal_process,
)
from engine.contract.text.messages import UserError

POLL_S = 0.02
MARGIN_S = 1.0


def stop(run_dir: Path, *, ask: float = 4.0, terminate: float = 3.0, kill: float = 2.0) -> Status:
    """Stop a run's worker with all processes of its group, and return what became of the run.

    The steps are a `cancel` file, SIGTERM and SIGKILL; each is given so many seconds. With the default times
    no process of the group is alive after 10 s. A run that nobody works on is left alone.
    A recipe or fit stops its run first and is given time for that; what it leaves at work all the same is stopped here.
    Where another machine works on it, it is only asked to stop: processes there are out of reach. Who works on it now
    is stopped: one who begins after that, as the queue has it at once, is let be.
    Raises StreamError on a broken stream, after it was stopped, and UserError where another machine does not answer.
    """
    folder = RunFolder(run_dir)
    patience = ask
    if ask and maker_job(folder.root) is not None:
        patience += terminate + kill + MARGIN_S
    sitting = _Sitting(folder)
    if not sitting.is_over():
        # On a full disk there may be no room even for an empty file; the signals do without.
        with contextlib.suppress(OSError):
            folder.cancel.touch()
        _wait_elsewhere(sitting, patience + terminate + kill)
        if not _wait(sitting, patience):
            _signal(folder, signal.SIGTERM)
        if not _wait(sitting, terminate):
            _signal(folder, signal.SIGKILL)
        if not _wait(sitting, kill / 2):
            _kill_keeper(folder)
        _wait(sitting, kill / 2)
    for run in parts_of(folder.root):
        if is_locked(RunFolder(run).lock) and not sitting.is_followed():
            stop(run, ask=ask, terminate=terminate, kill=kill)
    return folder.status()


class _Sitting:
    """The time from one worker's beginning to its end, told from the next one's by its keeper."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._keeper: tuple[int, int | None] | None = None

    def is_over(self) -> bool:
        """Whether no process of it is left."""
        return _gone(self.folder) or self.is_followed()

    def is_followed(self) -> bool:
        """Whether another one has begun since the first look."""
        record = read_record(self.folder.lock) or LockRecord()
        if self._keeper is not None:
            return self._keeper != (record.keeper, record.keeper_started)
        # Between taking the lock and signing it, the name in it is that of an earlier one.
        if record.exit is None and is_same_process(record.keeper, record.keeper_started):
            assert record.keeper is not None
            self._keeper = record.keeper, record.keeper_started
        return False


def _wait(sitting: _Sitting, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not sitting.is_over():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def _wait_elsewhere(sitting: _Sitting, seconds: float) -> None:
    """Wait for another machine's worker, if it is one; raises UserError where it does not end in time."""
    host = other_host(sitting.folder.lock)
    if host is not None and not _wait(sitting, seconds):
        raise UserError("run.elsewhere", path=str(sitting.folder.root), host=host)


def _gone(folder: RunFolder) -> bool:
    group = _group(folder)
    return not is_locked(folder.lock) and (group is None or not group_members(group))


def _group(folder: RunFolder) -> int | None:
    """The worker's process group while it surely is this worker's; its id may be somebody else's by now."""
    record = read_record(folder.lock) or LockRecord()
    if record.pid is None or not record.leads or other_host(folder.lock) is not None:
        return None
    leader = find_process(record.pid)
    if leader is None:
        return record.pid if is_locked(folder.lock) else None
    return record.pid if leader.started == record.started else None


def _signal(folder: RunFolder, number: signal.Signals) -> None:
    record = read_record(folder.lock) or LockRecord()
    group = _group(folder)
    if group is not None:
        signal_group(group, number)
    elif record.pid is not None and is_same_process(record.pid, record.started):
        signal_process(record.pid, number)


def _kill_keeper(folder: RunFolder) -> None:
    record = read_record(folder.lock) or LockRecord()
    if record.keeper is not None and is_same_process(record.keeper, record.keeper_started):
        signal_process(record.keeper, signal.SIGKILL)
