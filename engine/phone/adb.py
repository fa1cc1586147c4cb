"""The real `adb` of this machine: every call has a time limit, can be cancelled, and fails with a code.

The program is used and not a library that speaks its protocol (adbutils): it is the one that the user has authorised
on the phone and keeps up to date, it starts and finds its server by itself, and it costs no dependency. A call goes
through ANDROID_ADB_SERVER_PORT and HOME as in a terminal.
"""

from __future__ import annotations

import contextlib
import re
import select
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from engine.contract.run.job import BenchLimits
from engine.contract.text.messages import UserError
from engine.phone.faults import PhoneFault, fault_of
from engine.phone.program import Answer, run_program
from engine.phone.words import RemotePath, Script

SERVER_S = 15.0
_TIDY_S = 0.9
_PULSE_S = 2.5
_SAYS_ADB = re.compile(r"^(adb: |error: |adb: error: )", re.MULTILINE)


class Adb:
    """The program on PATH; raises PhoneFault `phone.adb_missing` if there is none.

    `check` is called while waiting and may raise (a cancelled job); the call is then killed at once.
    """

    def __init__(self, limits: BenchLimits | None = None, check: Callable[[], None] = lambda: None) -> None:
        program = shutil.which("adb")
        if program is None:
            raise PhoneFault("phone.adb_missing")
        self.program = program
        self.limits = limits or BenchLimits()
        self.check = check

    def start_server(self) -> None:
        """Start the server if none runs; raises PhoneFault `phone.server`."""
        answer = self.call(["start-server"], limit_s=SERVER_S, doing="start-server")
        if answer.status != 0:
            raise fault_of(answer.words or "cannot connect to daemon", "-", "start-server")

    def call(
        self,
        words: Sequence[str],
        *,
        limit_s: float,
        doing: str,
        serial: str = "-",
        pulse: Callable[[], None] | None = None,
    ) -> Answer:
        """Run adb with `words`; raises PhoneFault `phone.silent` or, with a `pulse`, `phone.timeout` after `limit_s`.

        `pulse` is called every `limits.pulse_s` while waiting, to see whether the phone still answers; it may raise.
        """
        beat = time.monotonic()

        def wait(seconds: float) -> None:
            nonlocal beat
            self.check()
            if seconds > limit_s:
                # With a pulse the phone is known to answer: it is the work on it that does not end.
                code = "phone.silent" if pulse is None else "phone.timeout"
                raise PhoneFault(code, serial=serial, doing=doing, seconds=round(limit_s, 1))
            if pulse is not None and time.monotonic() - beat > self.limits.pulse_s:
                pulse()
                beat = time.monotonic()

        return run_program([self.program, *words], wait)


class Device:
    """One phone, by its serial number."""

    def __init__(self, adb: Adb, serial: str) -> None:
        if not serial or "\0" in serial:
            raise UserError("phone.bad_name", name=repr(serial))
        self.adb = adb
        self.serial = serial

    def shell(self, script: Script, *, limit_s: float | None = None, pulse: bool = False, doing: str = "") -> Answer:
        """Run a script in the phone's shell; its exit status is the script's.

        Raises PhoneFault when adb could not bring it there or back, not when the script fails.
        """
        answer = self.adb.call(
            ["-s", self.serial, "shell", script.text],
            limit_s=self.adb.limits.command_s if limit_s is None else limit_s,
            doing=doing or "shell",
            serial=self.serial,
            pulse=self.pulse if pulse else None,
        )
        if answer.status != 0 and not answer.out and _SAYS_ADB.search(answer.err):
            raise fault_of(answer.err, self.serial, doing or "shell")
        if answer.status == 255 and not answer.words:
            raise PhoneFault("phone.unplugged", serial=self.serial)  # adb says nothing when the line breaks
        return answer

    def ask(self, script: Script, *, doing: str) -> str:
        """What a script prints; raises PhoneFault if it fails."""
        answer = self.shell(script, doing=doing)
        if answer.status != 0:
            raise fault_of(answer.words, self.serial, doing)
        return answer.out

    def push(self, local: Path, remote: RemotePath) -> None:
        """Send one file; raises PhoneFault, `phone.no_space` among others."""
        self._transfer(["push", str(local), remote.text], "push")

    def pull(self, remote: RemotePath, local: Path) -> None:
        """Fetch one file; raises PhoneFault."""
        self._transfer(["pull", remote.text, str(local)], "pull")

    def _transfer(self, words: Sequence[str], doing: str) -> None:
        answer = self.adb.call(
            ["-s", self.serial, *words],
            limit_s=self.adb.limits.push_s,
            doing=doing,
            serial=self.serial,
            pulse=self.pulse,
        )
        if answer.status != 0 and not answer.words:
            raise PhoneFault("phone.unplugged", serial=self.serial)  # adb says nothing when the line breaks
        if answer.status != 0:
            raise fault_of(answer.words, self.serial, doing)

    def pulse(self) -> None:
        """Raise PhoneFault if the phone does not answer the shortest command."""
        self.shell(Script(":"), limit_s=min(_PULSE_S, self.adb.limits.command_s), doing="pulse")

    def tidy(self, script: Script) -> None:
        """Run a script as the last thing, also after a cancel: in short time, and in silence if the phone is gone."""
        quiet = Adb(self.adb.limits)
        with contextlib.suppress(PhoneFault):
            Device(quiet, self.serial).shell(script, limit_s=min(_TIDY_S, self.adb.limits.command_s), doing="tidy")


class Tracking:
    """`adb track-devices`: a list of serial numbers and states, told again whenever it changes.

    Each item of `lists()` is the text of one list; it ends when the server ends or `close` is called.
    """

    def __init__(self, adb: Adb) -> None:
        self._process = subprocess.Popen(
            [adb.program, "track-devices"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # what lies in a buffer of ours, `select` does not see
        )
        self._closing = threading.Event()

    def next(self, wait_s: float | None = None) -> str | None:
        """The next list, waited for at most `wait_s` (for ever if None); "" when none came, None at the end.

        A list is framed by four hexadecimal digits of its length; one without phones is an empty line here.
        """
        stream = self._process.stdout
        assert stream is not None
        if not select.select([stream], [], [], wait_s)[0]:
            return ""
        try:
            size = int(_exactly(stream, 4), 16)
        except ValueError:
            return None
        return _exactly(stream, size).decode("utf-8", "replace") or "\n"

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _exactly(stream: IO[bytes], count: int) -> bytes:
    """So many bytes, fewer only at the end."""
    data = b""
    while len(data) < count and (more := stream.read(count - len(data))):
        data += more
    return data
