"""A program of this machine run to its end: it can be given up at any time, and what it says is kept."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

POLL_S = 0.02


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit status, negative for a signal, and its two streams as text."""

    status: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Both streams."""
        return f"{self.err}\n{self.out}".strip()


def run_program(
    words: Sequence[str],
    wait: Callable[[float], None],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Answer:
    """Run a program in a folder; raises OSError if it cannot be started.

    `wait` is called every `POLL_S` with the seconds since the start; what it raises kills the program and is passed on.
    """
    # Files and not pipes: a server that a program leaves behind would hold a pipe open for ever.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, env=environment)
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_S)
                    break
                wait(time.monotonic() - began)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        return Answer(process.returncode, _text(out), _text(err))


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")
