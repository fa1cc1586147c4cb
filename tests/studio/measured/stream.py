"""`python -m tests.studio.measured.stream PROJECT RUN COUNT RATE`: follows a fast run; prints a document."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from engine.contract.run.events import Metric
from studio import app as studio_app
from studio.stores.run import Run
from studio.views.train.page import TrainPage
from tests.studio.measured.watch import Watchdog, spin


def main(project: str, run: str, count: str, rate: str) -> None:
    """Show the run on the Train page while it is told, and count what arrives."""
    app = QApplication(["studio"])
    studio, window = studio_app.open_window(app)
    window.show()
    studio.project.open(project)
    window.show_page("train")
    page = window.page
    assert isinstance(page, TrainPage) and page.curves is not None
    words = [sys.executable, "-m", "tests.studio.measured.writer", run, count, rate, "2"]
    seqs: list[int] = []
    lags: list[float] = []

    def tell(events: list[Metric]) -> None:
        seqs.extend(event.seq for event in events)
        lags.append(time.time() - events[0].time)

    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        spin(until=lambda: studio.runs.by_name(Path(run).name) is not None)
        followed = studio.runs.by_name(Path(run).name)
        assert followed is not None
        followed.told.connect(tell)
        page.show_run(followed)
        seen = _follow(writer, followed)
        assert writer.stdout is not None
        written, seconds = writer.stdout.read().split()
    seen |= {
        "written": int(written),
        "told": len(seqs),
        "in_order": seqs == list(range(int(written))),
        "points": page.curves.points("loss"),
        "seconds": float(seconds),
        "lag_s": max(lags),
        "rss_kb": int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]),
    }
    window.close()
    studio.close()
    print(json.dumps(seen))


def _follow(writer: subprocess.Popen[str], followed: Run) -> dict[str, Any]:
    """Wait for the writer's end and then for the run's, and tell what that took the window."""
    spin(0.5)
    dog = Watchdog()
    dog.enter("stream")
    cpu = time.thread_time()
    spin(until=lambda: writer.poll() is not None, limit_s=1200)
    behind = time.monotonic()
    spin(until=lambda: followed.status == "finished", limit_s=1200)
    behind = time.monotonic() - behind
    dog.stop()
    return {"behind_s": behind, "cpu_s": time.thread_time() - cpu, "gaps": dog.longest}


if __name__ == "__main__":
    main(*sys.argv[1:])
