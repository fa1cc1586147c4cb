"""The lock of a run folder: held while a worker or its keeper lives, freed by the kernel however they end."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.system.locks import is_locked, try_lock
from engine.contract.system.processes import is_same_process
from engine.contract.text.messages import UserError

FD_VARIABLE = "ESPALIER_LOCK_FD"
_LENGTH = 384
_TIDY_S = 8.0
_TIDY_POLL_S = 0.01


class LockRecord(BaseModel):
    """The content of `lock`: who works on the run, or worked last.

    `offset`: bytes of `events.jsonl` written by earlier sittings; `log`: those of `log.txt`. `started`,
    `keeper_started`: clock ticks since boot. `leads`: the worker leads its process group. `exit`: its exit status,
    negative for a signal. `peak_mb`: the most memory that it held. `no_memory`: it was killed, and there is evidence
    that memory ran out. `host`: the machine whose processes these are; None in the files of earlier versions.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    offset: int = 0
    log: int = 0
    pid: int | None = None
    started: int | None = None
    leads: bool = False
    keeper: int | None = None
    keeper_started: int | None = None
    exit: int | None = None
    peak_mb: int | None = None
    no_memory: bool = False
    host: str | None = None


class RunLock:
    """An exclusive lock, shared with every process that inherits its descriptor."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd

    @classmethod
    def take(cls, path: Path, patience_s: float = 1.0) -> RunLock:
        """Lock `path`; raises UserError `run.locked` if a worker holds it.

        The patience covers `is_locked` of other processes, which holds a shared lock for an instant.
        """
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + patience_s
        while not try_lock(fd):
            if time.monotonic() > deadline:
                os.close(fd)
                raise UserError("run.locked", path=str(path.parent))
            time.sleep(0.02)
        return cls(path, fd)

    @classmethod
    def adopt(cls, path: Path) -> RunLock | None:
        """The lock that the starting process took and passed on; None if it passed none for this `path`."""
        fd = os.environ.pop(FD_VARIABLE, "")
        if not fd.isdigit():
            return None
        try:
            inherited, named = os.fstat(int(fd)), path.stat()
        except OSError:
            return None
        if (inherited.st_dev, inherited.st_ino) != (named.st_dev, named.st_ino):
            return None
        os.set_inheritable(int(fd), False)
        return cls(path, int(fd))

    def write(self, record: LockRecord) -> None:
        """Replace the content.

        It is done in place, for the lock belongs to this very file, and in one write of constant length, so
        that no reader sees half of it and a full disk has room for it. Raises OSError.
        """
        os.pwrite(self.fd, record.model_dump_json(exclude_defaults=True).encode().ljust(_LENGTH), 0)

    def close(self) -> None:
        """Let go; the lock is free once every process that inherited it did."""
        os.close(self.fd)


def until_let_go(path: Path, patience_s: float = _TIDY_S) -> bool:
    """Wait for the keeper of a worker that has said its last word and is tidying up; whether it has let go of `path`.

    Until then a new sitting cannot begin, and what is asked of the queue would be undone with the old entry.
    """
    until = time.monotonic() + patience_s
    while is_locked(path):
        if time.monotonic() > until:
            return False
        time.sleep(_TIDY_POLL_S)
    return True


def read_record(path: Path) -> LockRecord | None:
    """What the lock file tells; None if no worker was ever started here."""
    try:
        return LockRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def this_host() -> str:
    """The name by which the machines that share a folder tell this one from the others."""
    return socket.gethostname()


def other_host(path: Path) -> str | None:
    """The machine that works on a run, or worked last, where that is another than this one; else None."""
    record = read_record(path)
    if record is None or record.host == this_host():
        return None
    # A machine may be called otherwise now than when the worker began.
    here = is_same_process(record.pid, record.started) or is_same_process(record.keeper, record.keeper_started)
    return None if here else record.host
