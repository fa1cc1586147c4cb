"""How much of this machine is used, and how much of that by us: processor and memory on Linux, GPUs by their driver."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.contract.system.memory import total_bytes

_PROC = Path("/proc")
_QUERY = "--query-gpu=utilization.gpu,memory.used,memory.total"
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Usage:
    """`processor` and `ours` are shares of all cores from 0 to 1, None until two looks lie apart; the rest is bytes."""

    processor: float | None
    ours: float | None
    memory: int
    memory_ours: int
    memory_total: int

    @property
    def others(self) -> float | None:
        """What of the processor others use."""
        if self.processor is None or self.ours is None:
            return None
        return max(0.0, self.processor - self.ours)


@dataclass(frozen=True)
class GpuUsage:
    """A GPU: its share of busy time from 0 to 1, and bytes of its own memory."""

    busy: float
    memory: int
    memory_total: int


class UsageMeter:
    """Each look tells of the time since the one before it."""

    def __init__(self) -> None:
        self._cores = os.cpu_count() or 1
        self._before: tuple[float, float, dict[int, float]] | None = None

    def look(self, roots: Iterable[int]) -> Usage:
        """The usage now; `roots` are the processes that are ours with all that they started."""
        ours = {pid: told for pid in family(roots) if (told := _process(pid)) is not None}
        now, busy, spent = time.monotonic(), _busy_s(), {pid: told[0] for pid, told in ours.items()}
        before, self._before = self._before, None if busy is None else (now, busy, spent)
        share = own = None
        if before is not None and busy is not None and now > before[0]:
            whole = (now - before[0]) * self._cores
            share = min(1.0, max(0.0, (busy - before[1]) / whole))
            own = min(share, max(0.0, _worked(before[2], spent, now - before[0]) / whole))
        total = total_bytes()
        return Usage(share, own, total - _available(total), sum(told[1] for told in ours.values()), total)


def family(roots: Iterable[int]) -> set[int]:
    """These processes and all that they started and that lives."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += _children(pid)
    return found


def gpu_command() -> tuple[str, ...] | None:
    """What prints how busy the GPUs are, for `read_gpus`; None where there is no driver that tells."""
    program = shutil.which("nvidia-smi")
    return (program, _QUERY, "--format=csv,noheader,nounits") if program else None


def read_gpus(text: str) -> tuple[GpuUsage, ...]:
    """What that printed; lines that tell no numbers, as some GPUs do, are left out."""
    found = []
    for line in text.splitlines():
        try:
            busy, used, total = (float(word) for word in line.split(","))
        except ValueError:
            continue
        found.append(GpuUsage(min(1.0, busy / 100), round(used * _MIB), round(total * _MIB)))
    return tuple(found)


def _worked(before: dict[int, float], now: dict[int, float], wall: float) -> float:
    """Seconds that a family has worked: who ended meanwhile has its seconds counted with its parent's.

    One that was not of the family before counts from its start, unless it is so old that it cannot have begun since.
    """
    known = sum(told for pid, told in now.items() if pid in before or told <= wall)
    return known - sum(before.values())


def _busy_s() -> float | None:
    """Seconds that all processors have worked since boot."""
    try:
        told = (_PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()
        user, nice, system, _idle, _waiting, hard, soft, stolen = (int(ticks) for ticks in told[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + hard + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _process(pid: int) -> tuple[float, int] | None:
    """Seconds that a process and its ended children have worked, and the bytes that it holds."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    ticks = sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    try:
        paths = list((_PROC / str(pid) / "task").glob("*/children"))
        return [int(child) for path in paths for child in path.read_text(encoding="ascii").split()]
    except (OSError, ValueError):  # it ended meanwhile
        return []


def _available(total: int) -> int:
    """Bytes that a new process could have without anything being pushed out; all where it is not told."""
    try:
        lines = (_PROC / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return total
    found = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(found) * 1024 if found else total
