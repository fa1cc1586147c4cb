"""A simulated phone's processor and files together: what a command's words do."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contract.socs import Soc
from engine.simulated_phone import commands
from engine.simulated_phone.body import Body
from engine.simulated_phone.interpreter import Left, Shell, Streams
from engine.simulated_phone.misbehaviour import Misbehaviour
from engine.simulated_phone.stand_in import stand_in_of
from engine.simulated_phone.storage import SDCARD, Storage, normal
from engine.simulated_phone.tool import run_tool


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

    def refuse_write(self) -> None:
        """Raise the OSError of a full or read-only phone."""
        if self.misbehaviour.has("no_space"):
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.misbehaviour.has("read_only"):
            raise OSError(errno.EROFS, "Read-only file system")

    @contextmanager
    def shell(self) -> Iterator[Shell]:
        """A new shell; `kill` of its number ends it."""
        with self._lock:
            self._last_pid += 1
            shell = Shell(self, self._last_pid)
            self._running[shell.pid] = shell.aborted
        try:
            yield shell
        finally:
            with self._lock:
                del self._running[shell.pid]

    def kill(self, pid: int) -> bool:
        """End a shell and its tool; False if there is none."""
        found = self._running.get(pid)
        if found is not None:
            found.set()
        return found is not None

    def note(self, **what: object) -> None:
        """Add a line to the record."""
        if self._record is not None:
            with self._lock, self._record.open("a", encoding="utf-8", errors="surrogateescape") as stream:
                stream.write(json.dumps(what) + "\n")

    def call(self, shell: Shell, words: list[str], streams: Streams) -> int:
        """Run one command; its exit status. Files that cannot be had are told on its standard error."""
        self.note(words=words, script=shell.source)
        if words[0] == "exec" and len(words) > 1:
            raise Left(self.call(shell, words[1:], streams))
        built_in = commands.COMMANDS.get(words[0])
        try:
            if built_in is not None:
                return built_in(shell, words, streams)
            if "/" in words[0]:
                return self._program(shell, words, streams)
        except OSError as error:
            commands.say(streams.err, f"{words[0]}: {error.strerror or error}\n")
            return 1
        except ValueError as error:
            commands.say(streams.err, f"{words[0]}: {error}\n")
            return 1
        commands.say(streams.err, f"sh: {words[0]}: not found\n")
        return 127

    def _program(self, shell: Shell, words: list[str], streams: Streams) -> int:
        path = normal(shell.path(words[0]))
        local = self.storage.local(path)
        if local is None or not local.exists():
            commands.say(streams.err, f"sh: {words[0]}: not found\n")
            return 127
        barred = path.startswith(SDCARD + "/") or self.misbehaviour.has("not_executable")
        if barred or local.is_dir() or not local.stat().st_mode & 0o111:
            commands.say(streams.err, f"sh: {words[0]}: can't execute: Permission denied\n")
            return 126
        stand_in = stand_in_of(local)
        if stand_in is None:
            told = "Exec format error: a simulated phone can only run the simulated benchmark_bin"
            commands.say(streams.err, f"sh: {words[0]}: {told}\n")
            return 126
        return run_tool(self, shell, stand_in, words[1:], streams)
