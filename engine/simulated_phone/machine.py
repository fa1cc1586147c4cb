"""A simulated phone's processor and files together, and the processes at work on it."""

from __future__ import annotations

import errno
import json
import posixpath
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.contract.socs import Soc
from engine.simulated_phone.body import Body
from engine.simulated_phone.misbehaviour import Misbehaviour
from engine.simulated_phone.storage import Storage

Sink = Callable[[bytes], None]
KILLED = 137
"""The exit status of a process that was ended from outside."""


class Ended(Exception):
    """A process ended in the middle of its script: by `exec`, by `kill`, or because nobody listens any more."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass(frozen=True)
class Streams:
    """Where a command reads from and writes to."""

    stdin: bytes
    out: Sink
    err: Sink

    def say(self, text: str) -> None:
        """Write text; names that are no UTF-8 go out as they came."""
        self.out(text.encode("utf-8", "surrogateescape"))

    def complain(self, text: str) -> None:
        """The same on standard error."""
        self.err(text.encode("utf-8", "surrogateescape"))


@dataclass
class Process:
    """A script at work: its number, its folder, its variables (`$` is its number).

    `aborted` is set when it was killed or nobody listens any more. `stage` is told what begins (run), and may raise
    Ended: a pulled cable is the daemon's business.
    """

    machine: Machine
    pid: int
    script: str = ""
    cwd: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    aborted: threading.Event = field(default_factory=threading.Event)
    stage: Callable[[str], None] = lambda name: None

    def path(self, word: str) -> str:
        """A word as an absolute path."""
        return posixpath.join(self.cwd, word)


class Machine:
    """One phone. `record` gets a line of JSON for every command and every file that is asked for."""

    def __init__(self, soc: Soc, misbehaviour: Misbehaviour, record: Path | None = None, seed: int = 0) -> None:
        self.misbehaviour = misbehaviour
        self.body = Body(soc, misbehaviour, seed)
        self.storage = Storage(self.body.files(), self.refuse_write)
        self._record = record
        self._lock = threading.Lock()
        self._running: dict[int, threading.Event] = {}
        self._last_pid = 1000

    def refuse_write(self, grows: bool = True) -> None:
        """Raise the OSError of a full or read-only phone; from a full one things can be removed."""
        if grows and self.misbehaviour.has("no_space"):
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.misbehaviour.has("read_only"):
            raise OSError(errno.EROFS, "Read-only file system")

    @contextmanager
    def process(self) -> Iterator[Process]:
        """A new process; `kill` of its number ends it."""
        with self._lock:
            self._last_pid += 1
            process = Process(self, self._last_pid, variables={"$": str(self._last_pid)})
            self._running[process.pid] = process.aborted
        try:
            yield process
        finally:
            with self._lock:
                del self._running[process.pid]

    def kill(self, pid: int) -> bool:
        """End a process; False if there is none."""
        found = self._running.get(pid)
        if found is not None:
            found.set()
        return found is not None

    def note(self, **what: object) -> None:
        """Add a line to the record."""
        if self._record is not None:
            with self._lock, self._record.open("a", encoding="utf-8", errors="surrogateescape") as stream:
                stream.write(json.dumps(what) + "\n")
