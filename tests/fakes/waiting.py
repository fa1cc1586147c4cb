"""Waiting in a test for what another process does: with an end far beyond what a loaded machine needs."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.contract.queue.pump import pump


def wait(holds: Callable[[], object], limit_s: float = 120, *, pumped: bool = False) -> None:
    """Look until it holds; `pumped`, the queue is kept going meanwhile, as whoever looks at it does."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        if pumped:
            pump()
        time.sleep(0.02)
