"""Jobs side by side, as many at once as the queue has room for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from engine.contract.queue.changes import withdraw
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import Job
from engine.contract.run.state import RunState
from engine.contract.run.stopping import stop
from engine.contract.run.watch import outcome
from engine.contract.system.files import write_atomically


class Workers:
    """Puts jobs into the queue; `follow` waits for one and follows it to its end. Leaving the context ends the rest."""

    def __init__(self, follow: Callable[[Path], RunState]) -> None:
        self._follow = follow
        self._at_work: list[Path] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as ends:  # each of them is done, whatever another raises, the last first
            for run_dir in self._at_work:
                ends.callback(_stop, run_dir)
            for run_dir in self._at_work:
                ends.callback(withdraw, run_dir)

    def begin(self, job: Job, run_dir: Path) -> Path:
        """Put a job into the queue and return its folder at once; raises UserError as `enqueue` does."""
        write_job(job, run_dir)
        enqueue(run_dir)
        self._at_work.append(run_dir)
        return run_dir

    def wait(self, run_dir: Path) -> RunState:
        """Follow one of them to its end; raises UserError, JobFailed or Cancelled if it did not finish."""
        state = outcome(self._follow(run_dir))
        self._at_work.remove(run_dir)
        return state


def _stop(run_dir: Path) -> None:
    if run_dir.is_dir():
        stop(run_dir, ask=0)


def write_job(job: Job, run_dir: Path) -> None:
    """Write a job into its folder; raises OSError."""
    write_atomically(RunFolder(run_dir).job, job.model_dump_json(indent=2))
