"""How busy other work kept this machine meanwhile: what a measured time must be read with."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")


class Load:
    """Counts from when it is made; processes that this one has started and waited for are no others."""

    def __init__(self) -> None:
        self._wall, self._all, self._ours = time.monotonic(), _busy_s(), _ours_s()

    def others(self) -> float | None:
        """The share, from 0 to 1, of the machine's processors that others kept busy; None where it is not told."""
        before, now = self._all, _busy_s()
        wall = time.monotonic() - self._wall
        if before is None or now is None or wall <= 0:
            return None
        others = (now - before) - (_ours_s() - self._ours)
        return round(min(1.0, max(0.0, others / wall / (os.cpu_count() or 1))), 3)


def _busy_s() -> float | None:
    """Seconds that all processors have worked since boot, for us, for others, or for another machine on the host."""
    try:
        told = _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()
        user, nice, system, _idle, _waiting, hard, soft, stolen = (int(ticks) for ticks in told[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + hard + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _ours_s() -> float:
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system
