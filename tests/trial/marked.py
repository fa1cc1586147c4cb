"""The processes of one try: all that descend from a command, found by a mark that they inherit in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "ESPALIER_TRIAL"
_PROC = Path("/proc")


@dataclass(frozen=True)
class Marked:
    """A live process that carries a mark."""

    pid: int
    parent: int
    group: int
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        shown = [Path(word).name for word in self.words if not word.startswith("-")]
        return " ".join(shown[1:4]) or "?"


def marked(mark: str) -> list[Marked]:
    """Every live process with this mark, the eldest first."""
    wanted = f"{VARIABLE}={mark}".encode()
    found = []
    for path in _PROC.iterdir():
        if not path.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if wanted not in (path / "environ").read_bytes().split(b"\0"):
                continue
            fields = (path / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] in "ZXx":
                continue
            words = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
            if "fork-server" in words:
                continue  # adb's server, which outlives whoever started it, as everywhere
            found.append(Marked(int(path.name), int(fields[1]), int(fields[2]), tuple(words)))
    return sorted(found, key=lambda process: process.pid)


def kill(processes: list[Marked]) -> int:
    """SIGKILL to each; how many were still there."""
    hit = 0
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
            hit += 1
    return hit


def wait_until(holds: Callable[[], bool], limit_s: float) -> bool:
    """Look until it holds; False if it does not within the limit."""
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
