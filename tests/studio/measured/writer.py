"""`python -m tests.studio.measured.writer RUN COUNT RATE WAIT`: tells COUNT points of curves, RATE in a second.

It takes RUN's lock and writes as a worker does, beginning after WAIT seconds, and prints how many events it wrote.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from engine.contract.run.events import Finished, Hello, Metric
from engine.contract.run.folder import RunFolder, begin_sitting
from engine.run.stream import EventWriter


def main(run: Path, count: int, rate: float, wait: float) -> None:
    """Write in time: late points are made up for."""
    folder = RunFolder(run)
    lock = begin_sitting(folder)
    with EventWriter(folder.events) as writer:
        writer.emit(Hello(pid=os.getpid(), versions={}, device="cpu"))
        time.sleep(wait)
        began = time.monotonic()
        for step in range(count):
            early = step / rate - (time.monotonic() - began)
            if early > 0:
                time.sleep(early)
            writer.emit(Metric(name="loss", step=step, value=1 / (step + 1)))
        writer.emit(Finished())
    lock.close()
    print(count + 2, time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
