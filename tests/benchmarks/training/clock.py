"""When each step of a training ended."""

from __future__ import annotations

import json
import os
import time


class Clock:
    """Seconds of the clock and of the processor, of this process and those that it started and that have ended."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []

    def tick(self) -> None:
        """A step has ended."""
        times = os.times()
        self.ends.append((time.perf_counter(), times.user + times.system))

    def tell(self) -> None:
        """Print both for each step but the first, which builds and compiles, as a line of JSON; the reader's too."""
        times = os.times()
        pairs = zip(self.ends[:-1], self.ends[1:], strict=True)
        steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairs]
        reader = (times.children_user + times.children_system) / len(self.ends)
        print(json.dumps({"steps": steps, "reader": reader}), flush=True)
