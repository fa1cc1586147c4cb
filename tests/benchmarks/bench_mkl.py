"""Paddle's matrix product with and without Espalier's choice of MKL's code path, which matters on AMD processors."""

from __future__ import annotations

import os
import subprocess
import sys

SIZES = ((1024, 4608, 200), (512, 1024, 200))
"""Rows, inner length and columns of products as YOLOv3's head makes them at 160 px, 8 pictures."""
ROUNDS = 10


def run() -> list[str]:
    """GMAC/s of each, one thread, each in a process of its own: MKL decides once, when it starts."""
    lines = [f"matrix product in Paddle, 1 thread, best of {ROUNDS}, GMAC/s:"]
    found = {name: _measured(value) for name, value in (("MKL's own choice", "0"), ("Espalier's", None))}
    for name, rates in found.items():
        lines.append(f"  {name}: " + ", ".join(f"{rate:.1f}" for rate in rates))
    ratios = [ours / theirs for theirs, ours in zip(*found.values(), strict=True)]
    return [*lines, "  ratio: " + ", ".join(f"{ratio:.2f} x" for ratio in ratios)]


def _measured(choice: str | None) -> list[float]:
    """GMAC/s by size; `choice` is what MKL_DEBUG_CPU_TYPE is set to, None leaves it to Espalier."""
    environment = {name: value for name, value in os.environ.items() if name != "MKL_DEBUG_CPU_TYPE"}
    if choice is not None:
        environment["MKL_DEBUG_CPU_TYPE"] = choice
    code = "from tests.benchmarks.bench_mkl import measure; print(*measure())"
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def measure() -> list[float]:
    """GMAC/s of each size in this process."""
    import time

    from engine.detector.base.runtime import set_threads

    set_threads(1)
    import paddle

    rates = []
    for rows, inner, columns in SIZES:
        left, right = paddle.rand([rows, inner]), paddle.rand([inner, columns])
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            paddle.matmul(left, right)
            times.append(time.perf_counter() - began)
        rates.append(rows * inner * columns / min(times) / 1e9)
    return rates
