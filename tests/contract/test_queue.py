"""The queue by real workers: what starts, waits, is moved, paused, cancelled, and what becomes of what was killed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract.queue import changes
from engine.contract.queue.entries import Entry, entries, entry_of
from engine.contract.queue.pump import enqueue, pump
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.lock import read_record
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import UserError
from engine.contract.text.resources import ROOT

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Callable[[int], list[RunFolder]]]:
    made: list[RunFolder] = []
    changes.set_at_once(1)

    def make(count: int) -> list[RunFolder]:
        for _ in range(count):
            folder = RunFolder(tmp_path / f"run-{len(made):02d}")
            folder.root.mkdir()
            folder.job.write_text(EvaluateJob(run="any", index=str(tmp_path / "data" / "index")).model_dump_json())
            made.append(folder)
        return made[-count:]

    yield make
    for folder in made:
        if folder.root.is_dir():
            stop(folder.root, ask=0, terminate=0)


def put(run: RunFolder, name: str = "patient") -> int:
    return enqueue(run.root, command=(sys.executable, str(JOBS), name))


def wait(holds: Callable[[], object], *, pumped: bool = False) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        if pumped:
            pump()
        time.sleep(0.02)


def at_work(run: RunFolder, which: str) -> int:
    """The process of that name in the run's lock, once it has signed it."""
    wait(lambda: (found := read_record(run.lock)) is not None and found.pid is not None)
    record = read_record(run.lock)
    assert record is not None
    return int(getattr(record, which))


def states() -> dict[int, str]:
    return {each.number: each.state for each in entries()}


def of(run: RunFolder) -> Entry:
    found = entry_of(run.root)
    assert found is not None
    return found


def test_one_runs_the_next_waits_and_is_started_by_the_keeper_of_the_first(runs: Callable) -> None:
    first, second = runs(2)
    assert (put(first), put(second)) == (1, 2)
    assert states() == {1: "running", 2: "waiting"} and of(second).place == 1
    (first.root / "go").touch()
    # Nobody looks: the keeper of the first has the second started.
    wait(lambda: is_locked(second.lock))
    assert first.status() == "finished" and states() == {2: "running"}


def test_entries_are_moved_paused_and_cancelled(runs: Callable) -> None:
    all_runs = runs(5)
    for run in all_runs:
        put(run)
    changes.move(5)
    changes.move(2, after=4)
    assert [each.number for each in entries()] == [1, 5, 3, 4, 2]
    changes.move(3, before=5)
    changes.pause(3)
    changes.cancel(4)
    assert states() == {1: "running", 3: "paused", 5: "waiting", 2: "waiting"}
    assert not all_runs[3].root.exists()
    changes.pause(1)
    assert of(all_runs[0]).state == "paused" and all_runs[0].status() == "cancelled"
    wait(lambda: of(all_runs[4]).state == "running")
    changes.cancel(5)
    wait(lambda: entry_of(all_runs[4].root) is None)
    assert all_runs[4].status() == "cancelled"
    wait(lambda: of(all_runs[1]).state == "running")
    changes.go_on(1)
    assert states() == {2: "running", 1: "waiting", 3: "paused"}


def test_nothing_starts_while_the_queue_is_paused(runs: Callable) -> None:
    changes.pause_all()
    (run,) = runs(1)
    put(run)
    assert states() == {1: "waiting"} and changes.settings().paused
    changes.go_on_all()
    assert states() == {1: "running"}


def test_what_lost_its_keeper_goes_on_and_what_was_killed_alone_stands_paused(runs: Callable) -> None:
    first, second = runs(2)
    put(first)
    put(second)
    os.kill(at_work(first, "keeper"), signal.SIGKILL)
    wait(lambda: not is_locked(first.lock))
    pump()
    assert of(first).state == "running" and of(second).state == "waiting"
    os.kill(at_work(first, "pid"), signal.SIGKILL)
    wait(lambda: of(first).state == "paused")
    wait(lambda: of(second).state == "running")


def test_a_finished_run_is_refused_and_one_at_work_elsewhere_too(runs: Callable) -> None:
    first, second = runs(2)
    put(first, "done")
    wait(lambda: first.status() == "finished")
    with pytest.raises(UserError, match="finished"):
        put(first)
    put(second)
    assert put(second) == of(second).number
