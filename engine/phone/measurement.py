"""Measures models on a phone: short processes in turns, with pauses, and the phone's sensors between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.contract.phones import BenchRow, Sensors
from engine.contract.run.events import BenchSample, Event
from engine.contract.run.job import Backend, BenchJob, Precision
from engine.contract.text.messages import Message
from engine.phone.adb import Device
from engine.phone.faults import PhoneFault
from engine.phone.sensors import read_sensors_or_none, slowed_down
from engine.phone.tool import check_version
from engine.phone.tool_run import Request, run_tool
from engine.phone.transcript import Perf, parse_perf
from engine.phone.words import RemotePath

PROCESS_S = 20.0
"""How long the counted inferences of one process last at most: a slow model is repeated less often, but 5 times."""
FEWEST = 5
_PAUSE_STEP_S = 0.05


class Teller(Protocol):
    """What measuring tells while it works: a `JobContext`."""

    def check_cancelled(self) -> None: ...  # noqa: D102
    def progress(self, done: int, total: int, unit: str) -> None: ...  # noqa: D102
    def emit(self, event: Event) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Loaded:
    """A model that lies on the phone, with one picture's inputs in order and their shapes."""

    precision: Precision
    backend: Backend
    model: RemotePath
    inputs: tuple[RemotePath, ...]
    shapes: str
    quantised_here: bool = False


@dataclass
class Turn:
    """One row while it is measured."""

    loaded: Loaded
    threads: int
    perfs: list[Perf] = field(default_factory=list)
    before: Sensors | None = None
    after: Sensors | None = None
    problem: Message | None = None

    def request(self, warmup: int, repeats: int) -> Request:
        """The next process of this row."""
        one = self.loaded
        return Request(one.model, one.precision, one.backend, self.threads, one.shapes, one.inputs, warmup, repeats)

    def sample(self, ms: float) -> BenchSample:
        """What is told of one of its processes."""
        one = self.loaded
        return BenchSample(precision=one.precision, backend=one.backend, threads=self.threads, ms=ms)

    def row(self) -> BenchRow:
        """What was found; a row with a problem tells no times."""
        bare = BenchRow(
            precision=self.loaded.precision,
            backend=self.loaded.backend,
            threads=self.threads,
            quantised_here=self.loaded.quantised_here,
            problem=self.problem,
        )
        return bare if self.problem or not self.perfs else _with_times(bare, self)


def measure(device: Device, models: Sequence[Loaded], job: BenchJob, teller: Teller) -> tuple[list[BenchRow], str]:
    """Every model with every number of threads; returns the rows and what the tool calls its version.

    Processes go in turns over all rows, so that a phone that warms up is unfair to none. A row whose process fails by
    itself keeps its problem; raises PhoneFault for what concerns the phone as a whole, and when no row is left.
    """
    turns = [Turn(model, threads) for model in models for threads in job.threads]
    runtime, needs = _first_looks(device, turns, job)
    total, done = job.processes * len(turns), 0
    for _ in range(job.processes):
        for turn in turns:
            done += 1
            teller.progress(done, total, "process")
            if turn.problem is None:
                _one(device, turn, job, needs[turn.loaded.model], teller)
        if all(turn.problem for turn in turns):
            break
    return [turn.row() for turn in turns], runtime


def _first_looks(device: Device, turns: Sequence[Turn], job: BenchJob) -> tuple[str, dict[RemotePath, float]]:
    """Three inferences of each model before anything counts: does it run, in which version, in how many ms."""
    runtime, needs = "", {}
    for model in dict.fromkeys(turn.loaded for turn in turns):
        mine = [turn for turn in turns if turn.loaded is model]
        try:
            text = run_tool(device, mine[-1].request(1, 2), limit_s=job.limits.run_s)
            perf = parse_perf(text)
        except PhoneFault as fault:
            if fault.fatal:
                raise
            for turn in mine:
                turn.problem = fault.message
            continue
        check_version(perf.version)
        runtime = perf.version or runtime
        # The look had the most threads; one thread alone takes up to as many times as long.
        needs[model.model] = perf.minimum * mine[-1].threads
    return runtime, needs


def _one(device: Device, turn: Turn, job: BenchJob, need_ms: float, teller: Teller) -> None:
    """One counted process of a row, then a pause."""
    repeats = job.repeats if need_ms <= 0 else min(job.repeats, max(FEWEST, int(1000 * PROCESS_S / need_ms)))
    warmup = min(job.warmup, repeats)
    limit_s = job.limits.run_s + 3 * (warmup + repeats) * need_ms / 1000
    teller.check_cancelled()
    turn.before = turn.before or read_sensors_or_none(device)
    try:
        perf = parse_perf(run_tool(device, turn.request(warmup, repeats), limit_s=limit_s))
    except PhoneFault as fault:
        if fault.fatal:
            raise
        turn.problem = fault.message
        return
    turn.after = read_sensors_or_none(device)
    turn.perfs.append(perf)
    teller.emit(turn.sample(perf.average))
    rest(job.pause_s, teller.check_cancelled)


def rest(seconds: float, check: Callable[[], None]) -> None:
    """Let the phone cool down; can be cancelled at once."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check()
        time.sleep(min(_PAUSE_STEP_S, left))


def _with_times(row: BenchRow, turn: Turn) -> BenchRow:
    import numpy as np

    samples = [perf.average for perf in turn.perfs]
    low, median, high = (float(value) for value in np.percentile(samples, [10, 50, 90]))
    firsts, inits, peaks = (
        [value for perf in turn.perfs if (value := getattr(perf, name)) is not None]
        for name in ("first", "init", "peak_mb")
    )
    return row.model_copy(
        update={
            "median_ms": median,
            "p90_ms": high,
            "low_ms": low,
            "high_ms": high,
            "min_ms": min(perf.minimum for perf in turn.perfs),
            "max_ms": max(perf.maximum for perf in turn.perfs),
            "first_ms": float(np.median(firsts)) if firsts else None,
            "init_ms": float(np.median(inits)) if inits else None,
            "memory_mb": max(peaks, default=None),
            "samples": tuple(samples),
            "before": turn.before,
            "after": turn.after,
            "throttled": slowed_down(turn.before, turn.after, samples),
        }
    )
