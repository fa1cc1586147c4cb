"""A window's event loop, watched and driven."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

TICK_MS = 2


class Watchdog(QObject):
    """Measures how long the event loop does not come round, by wall clock and by the processor time of its thread.

    Of each phase that `enter` names the longest gap of both kinds is kept, in milliseconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.longest: dict[str, tuple[float, float]] = {}
        self._phase = ""
        self._wall = time.monotonic()
        self._cpu = time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def enter(self, phase: str) -> None:
        """From now on count for `phase`."""
        self._tick()
        self._phase = phase

    def stop(self) -> None:
        """Count no more."""
        self._tick()
        self._timer.stop()

    def _tick(self) -> None:
        wall, cpu = time.monotonic(), time.thread_time()
        gaps = (1000 * (wall - self._wall) - TICK_MS, 1000 * (cpu - self._cpu))
        self._wall, self._cpu = wall, cpu
        if self._phase:
            before = self.longest.get(self._phase, (0.0, 0.0))
            self.longest[self._phase] = (max(before[0], gaps[0]), max(before[1], gaps[1]))


def spin(seconds: float = 0.0, until: Callable[[], object] = lambda: False, limit_s: float = 120.0) -> bool:
    """Let the event loop run for `seconds`, or until something holds; False if it never did."""
    began = time.monotonic()
    while not until():
        gone = time.monotonic() - began
        if gone > (seconds or limit_s):
            return False
        QApplication.processEvents()
        time.sleep(0.0005)
    return True
