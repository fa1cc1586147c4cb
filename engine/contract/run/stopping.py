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
    Where another machine works on it, it is only asked to stop: processes there are out of reach.
    Raises StreamError on a broken stream, after it was stopped, and UserError where another machine does not answer.
    """
    folder = RunFolder(run_dir)
    patience = ask
    if ask and maker_job(folder.root) is not None:
        patience += terminate + kill + MARGIN_S
    if not _gone(folder):
        # On a full disk there may be no room even for an empty file; the signals do without.
        with contextlib.suppress(OSError):
            folder.cancel.touch()
        _wait_elsewhere(folder, patience + terminate + kill)
        if not _wait(folder, patience):
            _signal(folder, signal.SIGTERM)
        if not _wait(folder, terminate):
            _signal(folder, signal.SIGKILL)
        if not _wait(folder, kill / 2):
            _kill_keeper(folder)
        _wait(folder, kill / 2)
    for run in parts_of(folder.root):
        if is_locked(RunFolder(run).lock):
            stop(run, ask=ask, terminate=terminate, kill=kill)
    return folder.status()


def _wait(folder: RunFolder, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _gone(folder):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def _wait_elsewhere(folder: RunFolder, seconds: float) -> None:
    """Wait for another machine's worker, if it is one; raises UserError where it does not end in time."""
    host = other_host(folder.lock)
    if host is not None and not _wait(folder, seconds):
        raise UserError("run.elsewhere", path=str(folder.root), host=host)


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
