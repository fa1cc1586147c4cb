"""Processes and their groups on Linux; with `locks` and `cores` all that another system would need of its own.

psutil does not do the same: it tells when a process began by a clock that may be set, by which an id kept in a file
would no longer find its process, knows no process groups and cannot tie a child to its parent's life.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

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


def machine_start() -> str:
    """What tells this start of the machine, or of its container, from every other one."""
    try:
        kernel = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii").strip()
    except OSError:
        kernel = ""
    return f"{kernel}-{start_time(1)}"


def is_same_process(pid: int | None, started: int | None) -> bool:
    """True if `pid` still is the live process that began at `started`, not a later one under its id."""
    found = find_process(pid) if pid else None
    return found is not None and found.alive and found.started == started


def age_of(pid: int | None, started: int | None) -> float | None:
    """Seconds since a live process began, by a clock that nobody sets; None if it is that process no more."""
    if started is None or not is_same_process(pid, started):
        return None
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK"))


def thread_count() -> int:
    """How many threads this process has."""
    return sum(1 for _ in (_PROC / "self" / "task").iterdir())


def leads_group() -> bool:
    """Whether this process leads its process group."""
    return os.getpgrp() == os.getpid()


def group_members(group: int) -> list[Process]:
    """The live processes of a process group."""
    found = (find_process(int(path.name)) for path in _PROC.iterdir() if path.name.isdigit())
    return [process for process in found if process and process.group == group and process.alive]


def signal_process(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process; nothing happens if it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to every process of `group`; nothing happens if it is empty."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def signal_rest_of_group(number: signal.Signals) -> None:
    """Send a signal to all of our process group but ourselves; to nobody where we do not lead it."""
    if leads_group():
        for process in group_members(os.getpid()):
            if process.pid != os.getpid():
                signal_process(process.pid, number)


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


def end_with(parent: int) -> bool:
    """Have the kernel kill the calling process when its parent ends; False if that has ended already."""
    die_with_parent()
    return os.getppid() == parent


def start_detached(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    out: IO[bytes],
    errors: IO[bytes] | None = None,
    keep: Sequence[int] = (),
) -> int:
    """Start a process that outlives us, with `folder` for its own, and return its id; OSError if it cannot be started.

    It leads a session without a terminal, so neither a hang-up nor Ctrl-C of ours reaches it. `errors` go to `out` if
    not to a file of their own; `keep` are descriptors that it inherits. A thread reaps it when it ends while we live;
    when we die first, init does. (A double fork would do as well, but forking a process that runs Qt's threads is
    unsafe.)
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=errors or subprocess.STDOUT,
        cwd=folder,
        env=environment,
        start_new_session=True,
        pass_fds=tuple(keep),
    )
    # Who is not waited for stays a zombie while we live, and would look alive by its id.
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()
    return process.pid


def fork_leader(work: Callable[[], int]) -> int:
    """Do `work` in a child that leads a session of its own and dies with us; its id. Its exit status is `work`'s."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _lead(parent, work)
    return child


def wait_for_end(child: int) -> None:
    """Wait until a child has ended, and leave it a zombie, so that nobody else gets its id."""
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)


def reap(child: int) -> int:
    """Let an ended child go, and return its exit status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _lead(parent: int, work: Callable[[], int]) -> NoReturn:
    os.setsid()
    # The parent may have died before this could take effect.
    status = work() if end_with(parent) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Python's own farewell waits for threads and unloads libraries that are known to hang or crash there.
    os._exit(status)
