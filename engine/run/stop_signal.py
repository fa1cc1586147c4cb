"""SIGTERM and SIGINT as a question that a job asks now and then."""

from __future__ import annotations

import signal
import threading
from typing import Any


class StopSignal:
    """Turns SIGTERM and SIGINT into a flag that the next `check_cancelled` sees."""

    def __init__(self) -> None:
        self._raised = threading.Event()
        self._earlier: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._earlier[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _handle(self, *_: object) -> None:
        self._raised.set()

    def asked(self) -> bool:
        """True once either signal came."""
        # `import paddle` replaces the handler of SIGTERM by one that ends the process; put ours back.
        if self._earlier and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._handle)
        return self._raised.is_set()
