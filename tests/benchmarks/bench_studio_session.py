"""How fast the studio answers: slider to totals, event to curve, and the longest time it does not answer at all."""

from __future__ import annotations

import os
import tempfile

from tests.benchmarks.studio_process import make_project, measured, write_job

RUNS = 20
EVENTS = 2000
GOAL_SLIDER_MS = 100
GOAL_CURVE_MS = 100
GOAL_CALL_MS = 50


def run() -> list[str]:
    """Milliseconds, over one session in a window without a screen."""
    with tempfile.TemporaryDirectory() as scratch:
        project = make_project(scratch, RUNS, EVENTS)
        seen = measured("session", scratch, str(project), str(write_job(project)))
    slider, curve = sorted(seen["slider_ms"]), sorted(seen["curve_ms"])
    lines = [
        f"a session, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors:",
        f"  slider to new totals: {spread(slider)} of {len(slider)} moves (goal {GOAL_SLIDER_MS} ms at 95 %)",
        f"  event to curve: {spread(curve)} of {len(curve)} points (goal {GOAL_CURVE_MS} ms)",
        f"  resident memory after all pages: {seen['rss_kb'] / 1024:.0f} MB",
        f"  longest call in the GUI thread, wall (goal {GOAL_CALL_MS} ms) and of it on the processor:",
    ]
    gaps = sorted(seen["gaps"].items(), key=lambda item: -item[1][1])
    return lines + [f"    {phase}: {wall:.0f} ms, {cpu:.0f} ms" for phase, (wall, cpu) in gaps]


def spread(values: list[float]) -> str:
    """Median, 95th percentile and worst of sorted milliseconds."""
    if not values:
        return "nothing measured"
    middle, high = values[len(values) // 2], values[min(len(values) - 1, round(0.95 * len(values)))]
    return f"median {middle:.0f} ms, 95 % {high:.0f} ms, worst {values[-1]:.0f} ms"
