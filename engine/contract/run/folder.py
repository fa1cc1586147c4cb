"""A run folder: its paths, its derived status, and how its worker is started."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from engine.contract.run.job import Job, parse_job
from engine.contract.run.lock import FD_VARIABLE, LockRecord, RunLock, read_record, this_host
from engine.contract.run.memory import IN_A_LOG, no_memory
from engine.contract.run.ranks import lost_file, rank_lost, read_lost
from engine.contract.run.tail import last_event
from engine.contract.system.environment import engine_environment
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import start_detached
from engine.contract.text.messages import JobFailed, Message, UserError
from engine.contract.text.reasons import WHOLE, at_place, place_of, reason_of

Status = Literal["queued", "running", "finished", "cancelled", "failed", "lost"]
LOG_LINES = 20
TIED_VARIABLE = "ESPALIER_TIED"
"""Names the process that a keeper must not outlive, where it is tied to one."""
CHECKPOINTS = ("best", "last")
"""Names of a run's checkpoints, the one to be used first."""
_AS_OURS: Mapping[str, str | None] = {}
_TERMINAL: dict[str, Status] = {"finished": "finished", "cancelled": "cancelled", "failed": "failed"}


class RunFolder:
    """Paths inside a run; nothing is opened before it is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.job = self.root / "job.json"
        self.events = self.root / "events.jsonl"
        self.log = self.root / "log.txt"
        self.lock = self.root / "lock"
        self.cancel = self.root / "cancel"
        self.result = self.root / "result.json"
        self.checkpoints = self.root / "checkpoints"
        self.images = self.root / "images"
        self.export = self.root / "export"

    def status(self) -> Status:
        """Derived from the lock and the last event, never stored; raises StreamError on a broken stream."""
        # The lock is asked first: a worker writes its terminal event before it lets go.
        while True:
            locked = is_locked(self.lock)
            status = self._status(locked)
            if status not in ("lost", "queued") or is_locked(self.lock) == locked:
                return status

    def _status(self, locked: bool) -> Status:
        record = read_record(self.lock)
        event, size = last_event(self.events)
        if record is not None and size <= record.offset:
            # This sitting has not said hello; an earlier sitting's last event says nothing about it.
            return "running" if locked else "lost"
        if event is not None and event.type in _TERMINAL:
            return _TERMINAL[event.type]
        if locked:
            return "running"
        return "queued" if event is None and record is None else "lost"

    def _remedy(self) -> Message:
        try:
            return no_memory(read_job(self))
        except UserError:
            return no_memory(None)

    def last_log_lines(self, count: int = LOG_LINES) -> list[str]:
        """The end of what the latest sitting wrote into `log.txt`; empty if it wrote nothing."""
        record = read_record(self.lock)
        try:
            with self.log.open("rb") as stream:
                stream.seek(0 if record is None else record.log)
                return [line.decode("utf-8", "replace").rstrip("\n") for line in deque(stream, count)]
        except FileNotFoundError:
            return []

    def worker_lost(self) -> JobFailed:
        """What to say of a lost run: its exit status, if known, and the end of its log."""
        record = read_record(self.lock)
        status = "?" if record is None or record.exit is None else str(record.exit)
        log = "\n".join(self.last_log_lines())
        starved = record is not None and record.exit not in (None, 0) and any(word in log for word in IN_A_LOG)
        if record is not None and (record.no_memory or starved):
            return JobFailed("run.lost_memory", path=str(self.root), peak=record.peak_mb or "?", remedy=self._remedy())
        if (lost := read_lost(self.root)) is not None:
            return rank_lost(self.root, lost, log)
        if not log:
            return JobFailed("run.lost_silently", path=str(self.root))
        return JobFailed("run.lost", path=str(self.root), status=status, log=log)


def begin_sitting(folder: RunFolder) -> RunLock:
    """Lock a run for a new sitting and clear what asked the earlier one to stop.

    Raises UserError: `run.no_job`, `run.locked`, `run.finished`, or StreamError on a broken stream.
    """
    if not folder.job.is_file():
        raise UserError("run.no_job", path=str(folder.root))
    lock = RunLock.take(folder.lock)
    try:
        event, size = last_event(folder.events)
        if event is not None and event.type == "finished":
            raise UserError("run.finished", path=str(folder.root))
        folder.cancel.unlink(missing_ok=True)
        lost_file(folder.root).unlink(missing_ok=True)
        logged = folder.log.stat().st_size if folder.log.exists() else 0
        lock.write(LockRecord(offset=size, log=logged, host=this_host()))
    except BaseException:
        lock.close()
        raise
    return lock


def start(
    run_dir: Path,
    command: Sequence[str] = (),
    environment: Mapping[str, str | None] = _AS_OURS,
    *,
    tied: bool = False,
) -> int:
    """Start a worker on a run folder with a `job.json`, detached, and return the id of its keeper.

    Raises UserError as `begin_sitting` does. A lost, cancelled or failed run is resumed. The lock is taken here and
    inherited: from the moment this returns, the run is `running`. `environment` has what the worker finds otherwise
    than we do; None for a variable that it does not find. A worker that is `tied` is killed when this process ends, or
    this thread, and so is all that it starts in turn.
    """
    folder = RunFolder(run_dir)
    lock = begin_sitting(folder)
    to_us = str(os.getpid()) if tied or TIED_VARIABLE in os.environ else None
    found = {**engine_environment(), **environment, FD_VARIABLE: str(lock.fd), TIED_VARIABLE: to_us}
    try:
        with folder.log.open("ab") as log:
            return start_detached(
                [*(command or own_command()), str(folder.root)],
                environment={name: value for name, value in found.items() if value is not None},
                folder=folder.root,
                out=log,
                keep=(lock.fd,),
            )
    finally:
        lock.close()


def own_command() -> tuple[str, ...]:
    """What begins a worker with the interpreter of this process; the run's folder follows."""
    return sys.executable, "-m", "engine", "run"


def folder_gone(folder: RunFolder) -> JobFailed:
    """What to say of a run whose folder was deleted, moved or unmounted."""
    return JobFailed("run.folder_gone", path=str(folder.root))


def checkpoint_of(path: Path) -> Path:
    """The checkpoint to use of a run folder: `best` if there is one, else `last`; a file is itself.

    Raises UserError for a run without one.
    """
    files = [path, *(path / "checkpoints" / f"{name}.safetensors" for name in CHECKPOINTS)]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        raise UserError("run.no_checkpoint", path=str(path))
    return found


def read_job(folder: RunFolder) -> Job:
    """The job of a run; raises UserError where there is none, or one that this version cannot read."""
    try:
        return parse_job(folder.job.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError("run.no_job", path=str(folder.root)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where, reason = place_of(first), reason_of(first)
        raise UserError("run.bad_job", path=str(folder.job), place=where, reason=reason) from error
    except UnicodeDecodeError as error:
        raise UserError("run.bad_job", path=str(folder.job), place=WHOLE, reason=at_place(error)) from error
