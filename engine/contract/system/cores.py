"""The processor of this machine, and how much of it this process may use."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Processor:
    """What the kernel tells of a processor; of one that it does not know only the kind of machine, as its name."""

    name: str
    vendor: str = ""
    features: frozenset[str] = frozenset()


@cache
def processor() -> Processor:
    """The first processor of this machine."""
    told: dict[str, str] = {}
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        told.setdefault(key.strip(), value.strip())
    features = frozenset(told.get("flags", "").split())
    return Processor(told.get("model name", platform.machine()), told.get("vendor_id", ""), features)


def core_count() -> int:
    """How many cores this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0))


def idle_cores() -> int:
    """How many of them nothing else needs, by the last minute's load; at least one.

    Threads that wait for each other on a core that others keep busy take many times as long as one thread alone.
    """
    return max(1, core_count() - round(os.getloadavg()[0]))
