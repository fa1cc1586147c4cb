"""Entries of the queue that a process has done elsewhere, as a fleet: shown, let be, and taken over at its death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.queue.changes import pause_all
from engine.contract.queue.entries import Entry, entries, entry_of
from engine.contract.queue.led import led
from engine.contract.queue.pump import pump
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.run.lock import read_record
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from tests.fakes.waiting import wait

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[RunFolder, RunFolder]]:
    made = RunFolder(tmp_path / "first"), RunFolder(tmp_path / "second")
    for folder in made:
        folder.root.mkdir()
        folder.job.write_text(EvaluateJob(run="any", index=str(tmp_path / "data" / "index")).model_dump_json())
    yield made
    pause_all()
    for folder in made:
        stop(folder.root, ask=0, terminate=0)


def keeper_of(run: RunFolder) -> int:
    wait(lambda: (found := read_record(run.lock)) is not None and found.keeper is not None)
    record = read_record(run.lock)
    assert record is not None and record.keeper is not None
    return record.keeper


def of(run: RunFolder) -> Entry:
    found = entry_of(run.root)
    assert found is not None
    return found


def test_that_what_a_living_process_has_done_is_shown_and_not_begun_by_the_queue(
    two: tuple[RunFolder, RunFolder],
) -> None:
    first, second = two
    with led([first.root, second.root]):
        pump()
        assert [each.state for each in entries()] == ["waiting", "waiting"] and not is_locked(first.lock)
        start(first.root, (sys.executable, str(JOBS), "patient"))
        assert of(first).state == "running" and of(second).state == "waiting"
        os.kill(keeper_of(first), signal.SIGKILL)
        wait(lambda: not is_locked(first.lock), pumped=True)
        pump()
        assert of(first).state == "waiting" and not is_locked(first.lock), "who leads it goes on with it"
    assert entries() == []


def test_that_the_queue_takes_over_what_a_process_had_done_that_was_killed(two: tuple[RunFolder, RunFolder]) -> None:
    at_it, not_yet = two
    code = f"""
        import os, signal
        from pathlib import Path
        from engine.contract.queue.led import led
        from engine.contract.run.folder import start
        with led([Path({str(at_it.root)!r}), Path({str(not_yet.root)!r})]):
            start(Path({str(at_it.root)!r}), {(sys.executable, str(JOBS), "patient")!r})
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=False)
    assert of(at_it).state == "running", "what goes on is adopted"
    (at_it.root / "go").touch()
    wait(lambda: at_it.status() == "finished", pumped=True)
    wait(lambda: not_yet.status() == "failed", pumped=True)  # it has no data: it was begun all the same
    wait(lambda: entries() == [], pumped=True)
