"""The benches that were kept with a run, and the rows of one that is under way."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from engine.contract.phones import BenchResult, BenchRow, SustainedPoint, benches
from engine.contract.run.events import BenchMoment, BenchSample
from engine.contract.run.job import Backend, BenchJob, Precision
from studio.stores.run import Run
from studio.stores.runs import RunsStore
from studio.stores.work.tasks import TasksStore
from studio.workers.background import Background


class BenchesStore(QObject):
    """`benches` of the run that `show` named, and those `everywhere` in the project; both latest first."""

    changed = Signal()

    def __init__(self, tasks: TasksStore, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._asked = 0
        self.root: Path | None = None
        self.benches: tuple[BenchResult, ...] = ()
        self.everywhere: tuple[BenchResult, ...] = ()
        tasks.finished.connect(lambda task: self.reload() if isinstance(task.job, BenchJob) else None)

    def show(self, root: Path | None) -> None:
        """Read the benches of the run in a folder; None for no run."""
        if root != self.root:
            if root is None or self.root is None or root.parent != self.root.parent:
                self.everywhere = ()
            self.root = root
            self.benches = self._of_run()
            self.changed.emit()
            self.reload()

    def reload(self) -> None:
        """Read them again, beside the GUI thread."""
        self._asked += 1
        number, root = self._asked, self.root
        if root is not None:
            self._background.run(lambda: read_benches(root.parent), lambda found: self._take(number, found))

    def _take(self, number: int, found: tuple[BenchResult, ...]) -> None:
        if number == self._asked and found != self.everywhere:
            self.everywhere, self.benches = found, ()
            self.benches = self._of_run()
            self.changed.emit()

    def _of_run(self) -> tuple[BenchResult, ...]:
        return tuple(bench for bench in self.everywhere if self.root is not None and bench.run == self.root.name)


def read_benches(runs: Path) -> tuple[BenchResult, ...]:
    """The benches of all runs of a project, latest first, each under the name that its run has now. It blocks."""
    found = ((run.name, bench) for run in runs.glob("[0-9]*") for bench in benches(run))
    named = (bench.model_copy(update={"run": name}) for name, bench in found)
    return tuple(sorted(named, key=lambda bench: -bench.time))


def bench_of(result: Mapping[str, object]) -> BenchResult | None:
    """The bench in a task's result; None where there is none that can be read."""
    try:
        return BenchResult.model_validate(result.get("bench"))
    except ValidationError:
        return None


def live_rows(samples: Iterable[BenchSample]) -> tuple[BenchRow, ...]:
    """The rows as far as a bench that is under way has told them; each from the processes that have ended."""
    times: dict[tuple[Precision, Backend, int], list[float]] = {}
    for sample in samples:
        times.setdefault((sample.precision, sample.backend, sample.threads), []).append(sample.ms)
    return tuple(
        BenchRow(
            precision=precision,
            backend=backend,
            threads=threads,
            median_ms=statistics.median(told),
            low_ms=min(told),
            high_ms=max(told),
            samples=tuple(told),
        )
        for (precision, backend, threads), told in times.items()
    )


def live_sustained(moments: Iterable[BenchMoment]) -> tuple[SustainedPoint, ...]:
    """The moments of a sustained run that is under way."""
    return tuple(SustainedPoint(**moment.model_dump(exclude={"type", "seq", "time"})) for moment in moments)


def first_ancestor(run: Run, runs: RunsStore) -> Run | None:
    """The run that everything started from; None for a run that is that itself."""
    seen, current = {run.name}, run
    while (parent := runs.by_name(current.parent)) is not None and parent.name not in seen:
        seen.add(parent.name)
        current = parent
    return None if current is run else current
