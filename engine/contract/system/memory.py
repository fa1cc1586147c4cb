"""Memory of the machine on Linux: how much there is, what children held, whether the kernel killed for want of it."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_VMSTAT = Path("/proc/vmstat")
NEARLY_ALL = 0.7
"""Share of the machine's memory that a process must have held for its sudden death to be put down to it."""


def kernel_kills() -> int:
    """How many processes the kernel has killed for want of memory since it started; 0 where it does not tell."""
    try:
        lines = _VMSTAT.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def total_bytes() -> int:
    """The memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peak_of_children() -> int:
    """The most bytes that any child of this process held at once, of those that have ended and were reaped."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
