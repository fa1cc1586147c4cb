"""The benches that were kept with a run, and the rows of one that is under way."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Signal

from engine.contract.phones import BenchResult, BenchRow, SustainedPoint, benches
from engine.contract.run.job import Backend, BenchJob, Precision
from engine.contract.run.state import Curve
from studio.stores.run import Run
from studio.stores.runs import RunsStore
from studio.stores.work.tasks import TasksStore
from studio.workers.background import Background


class BenchesStore(QObject):
    """`benches` of the run that `show` named, latest first."""

    changed = Signal()

    def __init__(self, tasks: TasksStore, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._asked = 0
        self.root: Path | None = None
        self.benches: tuple[BenchResult, ...] = ()
        tasks.finished.connect(lambda task: self.reload() if isinstance(task.job, BenchJob) else None)

    def show(self, root: Path | None) -> None:
        """Read the benches of the run in a folder; None for no run."""
        if root != self.root:
            self.root = root
            self.benches = ()
            self.changed.emit()
            self.reload()

    def reload(self) -> None:
        """Read them again, beside the GUI thread."""
        self._asked += 1
        number, root = self._asked, self.root
        if root is not None:
            self._background.run(lambda: read_benches(root), lambda found: self._take(number, found))

    def _take(self, number: int, found: tuple[BenchResult, ...]) -> None:
        if number == self._asked and found != self.benches:
            self.benches = found
            self.changed.emit()


def read_benches(root: Path) -> tuple[BenchResult, ...]:
    """The benches of a run, latest first. It blocks."""
    return tuple(sorted(benches(root), key=lambda bench: -bench.time))


def live_rows(metrics: Mapping[str, Curve]) -> tuple[BenchRow, ...]:
    """The rows as far as a bench that is under way has told them; each from the processes that have ended."""
    rows = []
    for name, curve in metrics.items():
        parts = name.split(".")
        if len(parts) != 4 or parts[0] != "bench" or not parts[3].isdigit() or not curve:
            continue
        times = [value for _, value in curve]
        rows.append(
            BenchRow(
                precision=cast(Precision, parts[1]),
                backend=cast(Backend, parts[2]),
                threads=int(parts[3]),
                median_ms=statistics.median(times),
                low_ms=min(times),
                high_ms=max(times),
                samples=tuple(times),
            )
        )
    return tuple(rows)


def live_sustained(metrics: Mapping[str, Curve]) -> tuple[SustainedPoint, ...]:
    """The moments of a sustained run that is under way."""
    curves = {name: dict(metrics.get(f"sustained.{name}", ())) for name in ("ms", "c", "mhz", "s")}
    return tuple(
        SustainedPoint(
            seconds=curves["s"].get(step, float(step)),
            ms=ms,
            temperature_c=curves["c"].get(step),
            clock_mhz=round(curves["mhz"][step]) if step in curves["mhz"] else None,
        )
        for step, ms in sorted(curves["ms"].items())
    )


def first_ancestor(run: Run, runs: RunsStore) -> Run | None:
    """The run that everything started from; None for a run that is that itself."""
    seen, current = {run.name}, run
    while (parent := runs.by_name(current.parent)) is not None and parent.name not in seen:
        seen.add(parent.name)
        current = parent
    return None if current is run else current
