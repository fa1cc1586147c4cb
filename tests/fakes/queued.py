"""Entries of the queue by real workers: put in, waited for, looked at."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.contract.queue.entries import Entry, entries, entry_of
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.lock import read_record
from engine.contract.text.resources import ROOT
from tests.fakes.waiting import wait

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


def make_run(root: Path, project: Path) -> RunFolder:
    """A run that has its job and was never begun."""
    folder = RunFolder(root)
    folder.root.mkdir(parents=True)
    folder.job.write_text(EvaluateJob(run="any", index=str(project / "data" / "index")).model_dump_json())
    return folder


def worker(name: str) -> tuple[str, ...]:
    """What starts a worker that does the job NAME of tests/fakes/jobs.py."""
    return sys.executable, str(JOBS), name


def put(run: RunFolder, name: str = "patient") -> int:
    """Put a run into the queue."""
    return enqueue(run.root, command=worker(name))


def at_work(run: RunFolder, which: str = "pid") -> int:
    """The process of that name in the run's lock, once it has signed it."""
    wait(lambda: (found := read_record(run.lock)) is not None and found.pid is not None)
    record = read_record(run.lock)
    assert record is not None
    return int(getattr(record, which))


def is_at_it(run: RunFolder) -> bool:
    """Whether its worker has told what it does."""
    return run.events.exists() and b"stage" in run.events.read_bytes()


def states() -> dict[int, str]:
    """The entries by number."""
    return {each.number: each.state for each in entries()}


def of(run: RunFolder) -> Entry:
    """The entry of a run."""
    found = entry_of(run.root)
    assert found is not None
    return found


def has_ended(pid: int) -> bool:
    """Whether there is no such process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
