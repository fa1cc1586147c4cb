"""A training with PaddleDetection's own Trainer as installed and with ours, readers included, in turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CASES = (
    ("ssdlite_mobilenet_v3_small", 160, 16),
    ("picodet_s", 320, 8),
    ("yolov3_mobilenet_v3_large", 320, 8),
)
"""Detector, input size, pictures in a batch."""
STEPS, PICTURE = 8, (640, 480)
THREADS = 1
"""Of each network; PaddleDetection's reader has processes besides, ours a thread."""


def run(words: str = "1") -> list[str]:
    """Seconds a step, of the clock and of the processor, and their ratio; `words` is how often each has its turn."""
    lines = [f"training with its reader, pictures of {PICTURE[0]} x {PICTURE[1]}, {THREADS} thread, median of steps:"]
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            lines += _compared(Path(folder), *case, turns=int(words))
    return lines


def _compared(folder: Path, key: str, size: int, batch: int, turns: int) -> list[str]:
    from engine.contract.project import DetectorChoice
    from engine.detector.base.spec import resolve
    from tests.benchmarks.large_set import CLASSES, write_large_set
    from tests.benchmarks.training.peer import write_configuration

    data = write_large_set(folder / f"set-{batch}", -(-batch * (STEPS + 1) * 10 // 9) + 1, PICTURE)
    index = imported(folder / f"project-{batch}", data)
    network = resolve(DetectorChoice(key=key, size=size, classes=CLASSES))
    theirs_at = write_configuration(folder / f"{key}.yml", network, data, batch)
    theirs, ours = [], []
    for _ in range(turns):
        theirs.append(child("peer", str(theirs_at)))
        ours.append(child("ours", key, str(size), str(batch), str(THREADS), str(index)))
    clock = [median(found, 0) for found in (theirs, ours)]
    # A reader in processes of its own is told apart, that in a thread is in the step.
    used = [median(found, 1) + found[0]["reader"] for found in (theirs, ours)]
    name = f"  {key}, {size} px, batch {batch}"
    told = f"{clock[0]:.2f} and {clock[1]:.2f} s a step: {clock[0] / clock[1]:.2f} x"
    return [f"{name}: {told}; of the processor {used[0]:.2f} and {used[1]:.2f} s: {used[0] / used[1]:.2f} x"]


def imported(folder: Path, data: Path) -> Path:
    """The index of a project with these pictures."""
    if not folder.exists():
        words = ("new", str(folder), "--data", str(data), "--detector", CASES[0][0], "--size", "96")
        subprocess.run([sys.executable, "-m", "engine", *words], stdout=subprocess.DEVNULL, check=True)
    return folder / "data" / "index.sqlite"


def child(side: str, *words: str, **more: str) -> dict[str, Any]:
    """What a training in a process of its own tells, with `more` environment; a ppdet reader that raises hangs."""
    command = [sys.executable, "-m", f"tests.benchmarks.training.{side}", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), **more}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900, env=environment)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def median(found: list[dict[str, Any]], place: int) -> float:
    return statistics.median(step[place] for each in found for step in each["steps"])
