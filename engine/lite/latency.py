"""Latency on this machine: several models measured in turns by one child of one thread."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.contract.text.messages import JobFailed
from engine.lite.child.arrays import Array, write_inputs
from engine.lite.child.process import Child

WARM_UP, REPEATS, LIMIT_S = 5, 60, 20.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one inference: median, 10th and 90th percentile of `runs` runs."""

    median: float
    p10: float
    p90: float
    runs: int


def measure(
    models: Mapping[str, Path],
    inputs: Mapping[str, Array],
    *,
    seconds: float = LIMIT_S,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Latency]:
    """Latency of x86 `.nb` files on one picture's inputs; all in one process and in turns, so that they compare.

    Raises JobFailed with the child's words, or when the runtime would not keep to one thread.
    """
    child_module = "engine.lite.predictor_child"
    with tempfile.TemporaryDirectory(prefix="espalier-") as spool, Child(child_module, check=check) as child:
        file = Path(spool) / "inputs.npz"
        write_inputs(file, dict(inputs))
        for name, path in models.items():
            child.ask("load", name=name, path=str(path.resolve()))
        answer = child.ask("measure", inputs=str(file), warm_up=WARM_UP, repeats=REPEATS, seconds=seconds)
    if answer["threads"] > 2:  # one that computes, one that reads requests
        raise JobFailed("lite.threads", threads=answer["threads"])
    return {name: _summary(times) for name, times in answer["times"].items()}


def _summary(times: list[float]) -> Latency:
    p10, median, p90 = np.percentile(times, [10, 50, 90])
    return Latency(float(median), float(p10), float(p90), len(times))
