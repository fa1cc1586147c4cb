"""A driver of a fleet in a process of its own, and what is found of its processes from outside."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from tests.trial.marked import VARIABLE, kill, marked, wait_until

LIMIT_S = 1500.0
_LISTENS = "0A"
_LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")


class Sitting:
    """One sitting, all of whose processes carry a mark."""

    def __init__(self, word: str, folder: ProjectFolder, runs: Sequence[Path], environment: dict[str, str]) -> None:
        self.mark = f"fleet-{time.time_ns()}"
        words = (word, str(folder.root), *(run.name for run in runs))
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.trial.fleet.sitting", *words],
            env=environment | {VARIABLE: self.mark},
            start_new_session=True,
        )

    def end(self) -> float:
        """Wait for it; the seconds it took."""
        self.process.wait(LIMIT_S)
        return time.monotonic() - self.began

    def kill(self) -> None:
        """SIGKILL to all of it that is there."""
        kill(marked(self.mark))
        self.process.wait()


def finished(runs: Sequence[Path]) -> int:
    """How many are."""
    return sum(RunFolder(run).status() == "finished" for run in runs)


def at_work(runs: Sequence[Path]) -> int:
    """How many a worker is at."""
    return sum(RunFolder(run).status() == "running" for run in runs)


def middle(runs: Sequence[Path], done: int = 3) -> None:
    """Wait until some are finished and another has told of its work."""
    if not wait_until(lambda: finished(runs) >= done and at_work(runs) >= 1, LIMIT_S):
        raise RuntimeError("the runs never came to their middle")


def heard_beyond_loopback(mark: str) -> list[str]:
    """The addresses, as /proc tells them, at which processes with a mark listen to other machines."""
    wanted: dict[str, str] = {}
    for process in marked(mark):
        for fd in Path(f"/proc/{process.pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                target = str(fd.readlink())
                if target.startswith("socket:["):
                    wanted[target[8:-1]] = process.name
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            local, state, inode = fields[1], fields[3], fields[9]
            if state == _LISTENS and inode in wanted and local.partition(":")[0] not in _LOOPBACK:
                found.append(f"{wanted[inode]} {local}")
    return found
