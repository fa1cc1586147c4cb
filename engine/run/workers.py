"""Workers side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import Job
from engine.contract.run.state import RunState
from engine.contract.run.stopping import stop
from engine.contract.run.watch import outcome
from engine.contract.system.files import write_atomically


class Workers:
    """Starts workers; `follow` follows one to its end. Leaving the context stops those that are still at work."""

    def __init__(self, follow: Callable[[Path], RunState]) -> None:
        self._follow = follow
        self._at_work: list[Path] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for run_dir in self._at_work:
            stop(run_dir, ask=0)

    def begin(self, job: Job, run_dir: Path) -> Path:
        """Start a job and return its folder at once; raises UserError as `start` does."""
        write_job(job, run_dir)
        start(run_dir)
        self._at_work.append(run_dir)
        return run_dir

    def wait(self, run_dir: Path) -> RunState:
        """Follow one of them to its end; raises UserError, JobFailed or Cancelled if it did not finish."""
        state = outcome(self._follow(run_dir))
        self._at_work.remove(run_dir)
        return state


def write_job(job: Job, run_dir: Path) -> None:
    """Write a job into its folder; raises OSError."""
    write_atomically(RunFolder(run_dir).job, job.model_dump_json(indent=2))
