"""Whether the studio keeps up with 2,000 events in a second for a minute, and loses none."""

from __future__ import annotations

import os
import tempfile

from tests.benchmarks.studio_process import make_project, measured, write_job

SECONDS = int(os.environ.get("ESPALIER_BENCH_SECONDS", "60"))
RATE = 2000
GOAL_CALL_MS = 50


def run() -> list[str]:
    """Events written and told, and how far behind the window was."""
    with tempfile.TemporaryDirectory() as scratch:
        project = make_project(scratch, 1, 10)
        run_root = write_job(project)
        seen = measured("stream", scratch, str(project), str(run_root), str(SECONDS * RATE), str(RATE))
    wall, cpu = seen["gaps"]["stream"]
    lost = seen["written"] - seen["told"]
    order = "in order" if seen["in_order"] else "NOT in order"
    return [
        f"{RATE} events/s for {SECONDS} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors:",
        f"  {seen['written']} written in {seen['seconds']:.1f} s, {seen['told']} told {order}, lost {lost} (goal 0)",
        f"  points of the curve: {seen['points']}",
        f"  furthest behind: {seen['lag_s']:.2f} s; at the end of the writing: {seen['behind_s']:.2f} s",
        f"  longest call in the GUI thread: {wall:.0f} ms, on the processor {cpu:.0f} ms (goal {GOAL_CALL_MS} ms)",
        f"  processor time of the GUI thread: {seen['cpu_s']:.1f} s, resident memory {seen['rss_kb'] / 1024:.0f} MB",
    ]
