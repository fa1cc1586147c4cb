"""Child processes for work that may abort: Paddle Lite and Paddle end the whole process on a failed check."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from engine.contract.system.environment import engine_environment
from engine.contract.text.messages import JobFailed
from engine.detector.base.runtime import mkl_choice

TIME_LIMIT_S = 1800.0
_LONGEST_WORDS = 400
_TELLING = re.compile(r"\[F |Check failed|FatalError|^\w*(\.\w+)*(Error|Exception)\b|No module named")
_CHATTER = re.compile(r"\[[WI] |WARNING|INFO|UserWarning|DeprecationWarning|^\s*warnings\.warn|^-+$|^C\+\+ Traceback")


class Child:
    """A child that runs `module` and answers requests (see `answering.serve`); leaving the context ends it.

    `check` is called while waiting and may raise. `threads` is what the numeric libraries of the child may use.
    """

    def __init__(self, module: str, *, threads: int = 1, check: Callable[[], None] = lambda: None) -> None:
        self._module = module
        self._check = check
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the child
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=_environment(threads),
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child; nothing it did is undone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._words):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def ask(self, do: str, *, limit_s: float = TIME_LIMIT_S, **request: Any) -> dict[str, Any]:
        """The child's answer; raises JobFailed with the child's last words if it ends or takes over `limit_s`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure(do, timed_out=False) from None
        answer: dict[str, Any] = json.loads(self._line(do, time.monotonic() + limit_s))
        return answer

    def _line(self, do: str, deadline: float) -> bytes:
        assert self._process.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                self._check()
                if time.monotonic() > deadline:
                    raise self._failure(do, timed_out=True)
                if selector.select(timeout=0.2):
                    data = os.read(self._process.stdout.fileno(), 65536)
                    if not data:
                        raise self._failure(do, timed_out=False)
                    line += data
        return line

    def _failure(self, do: str, *, timed_out: bool) -> JobFailed:
        if timed_out:
            self._process.kill()
        status = _status(self._process.wait())
        self._words.seek(0)
        words = last_words(self._words.read().decode(errors="replace"))
        work = f"{self._module}: {do}"
        said = {"work": work, "status": status, "words": words}
        return JobFailed("lite.child_timeout", **said) if timed_out else JobFailed("lite.child_failed", **said)


def last_words(text: str) -> str:
    """The lines that tell why a process ended: from the last that names an error on, or the last three."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _CHATTER.search(line)]
    telling = [number for number, line in enumerate(lines) if _TELLING.search(line)]
    chosen = lines[telling[-1] :][:3] if telling else lines[-3:]
    return " ".join(chosen)[:_LONGEST_WORDS] or "-"


def _status(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    return signal.Signals(-code).name


def _environment(threads: int) -> dict[str, str]:
    counts = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    return mkl_choice() | engine_environment(**counts, GLOG_minloglevel="2")
