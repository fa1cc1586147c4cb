"""How much of this machine is used now: processor, memory and GPUs, looked at while somebody wants to see it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.system.usage import GpuUsage, Usage, UsageMeter
from studio.workers.gpu_look import GpuLook

_LOOK_MS = 2000
_GPU_EVERY = 2
"""The driver is asked with every second look only: each takes a process of its own."""


class MetersStore(QObject):
    """`usage` is None before the first look; `gpus` is empty where none tells. `workers` tells the ids of ours."""

    changed = Signal()

    def __init__(self, workers: Callable[[], Iterable[int]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.usage: Usage | None = None
        self.gpus: tuple[GpuUsage, ...] = ()
        self._workers = workers
        self._meter = UsageMeter()
        self._looks = 0
        self._gpu = GpuLook(self)
        self._gpu.told.connect(self._take_gpus)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def watch(self, on: bool) -> None:
        """Look from now on, or no more: nobody sees it."""
        if on and not self._timer.isActive():
            self._look()
            self._timer.start()
        elif not on:
            self.close()

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._gpu.close()

    def _look(self) -> None:
        self.usage = self._meter.look((os.getpid(), *self._workers()))
        if self._looks % _GPU_EVERY == 0:
            self._gpu.look()
        self._looks += 1
        self.changed.emit()

    def _take_gpus(self, gpus: tuple[GpuUsage, ...]) -> None:
        self.gpus = gpus
        self.changed.emit()
