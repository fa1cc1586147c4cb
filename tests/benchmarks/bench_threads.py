"""What a second core gives a training: threads of Paddle and MKL that spin while they wait, and that sleep."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.contract.system.cores import core_count
from tests.benchmarks.bench_training import STEPS, child, imported, median
from tests.benchmarks.large_set import write_large_set

KEY, SIZE, BATCH = "yolov3_mobilenet_v3_large", 160, 8
AS_THEY_COME = {"OMP_WAIT_POLICY": "active", "KMP_BLOCKTIME": "200"}


def run() -> list[str]:
    """Seconds a step of the clock, medians, each training in a process of its own."""
    every = core_count()
    cases: tuple[tuple[str, int, dict[str, str]], ...] = (
        ("1 thread", 1, {}),
        (f"{every} threads that spin while they wait", every, AS_THEY_COME),
        (f"{every} threads that sleep", every, {}),
    )
    with tempfile.TemporaryDirectory() as folder:
        data = write_large_set(Path(folder) / "set", BATCH * (STEPS + 2) * 10 // 9, (320, 320))
        index = imported(Path(folder) / "project", data)
        words = (KEY, str(SIZE), str(BATCH))
        found = {
            name: median([child("ours", *words, str(threads), str(index), **extra)], 0)
            for name, threads, extra in cases
        }
    first = next(iter(found.values()))
    told = [f"  {name}: {seconds:.3f} s a step, {first / seconds:.2f} x" for name, seconds in found.items()]
    return [f"training {KEY} at {SIZE} px, batch {BATCH}:", *told]
