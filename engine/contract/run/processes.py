"""Processes and their groups, as Linux tells of them in /proc."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_SET_PARENT_DEATH_SIGNAL = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Process:
    """A line of /proc/PID/stat; `started`, in clock ticks since boot, tells it from a later one of its id."""

    pid: int
    state: str
    group: int
    started: int

    @property
    def alive(self) -> bool:
        """False for a zombie, which only waits to be reaped."""
        return self.state not in "ZXx"


def find_process(pid: int) -> Process | None:
    """The process with this id, alive or zombie; None if there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command name stands in parentheses and may itself hold blanks and parentheses.
    fields = text.rpartition(")")[2].split()
    return Process(pid, fields[0], int(fields[2]), int(fields[19]))


def start_time(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None if there is none."""
    found = find_process(pid)
    return found.started if found else None


def is_same_process(pid: int | None, started: int | None) -> bool:
    """True if `pid` still is the live process that began at `started`, not a later one under its id."""
    found = find_process(pid) if pid else None
    return found is not None and found.alive and found.started == started


def group_members(group: int) -> list[Process]:
    """The live processes of a process group."""
    found = (find_process(int(path.name)) for path in _PROC.iterdir() if path.name.isdigit())
    return [process for process in found if process and process.group == group and process.alive]


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to every process of `group`; nothing happens if it is empty."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def end_group(group: int, *, grace_s: float, limit_s: float = 5.0) -> bool:
    """Give a group `grace_s` to end by itself, then kill it; False if some of it lives after `limit_s`."""
    began = time.monotonic()
    while group_members(group):
        waited = time.monotonic() - began
        if waited > limit_s:
            return False
        if waited > grace_s:
            signal_group(group, signal.SIGKILL)
        time.sleep(0.02)
    return True


def die_with_parent() -> None:
    """Have the kernel kill the calling process when its parent ends; fit for `preexec_fn` of a child."""
    _libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
