"""Jobs side by side in the queue: left however it is, none of them stays at work."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

import pytest

from engine.contract.queue import changes, tickets
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from engine.run import workers
from engine.run.workers import Workers

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


def test_that_a_full_disk_leaves_none_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "enqueue", partial(enqueue, command=(sys.executable, str(JOBS), "patient")))
    changes.set_at_once(2)
    runs = [RunFolder(tmp_path / f"run-{number}") for number in range(3)]

    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    def withdrawn(run_dir: Path) -> None:
        changes.withdraw(run_dir)
        full(run_dir)  # whatever the queue itself does without

    with pytest.raises(OSError, match="No space left"), Workers(lambda _: pytest.fail("nobody follows")) as begun:
        for run in runs:
            run.root.mkdir()
            begun.begin(EvaluateJob(run="any", index=str(tmp_path / "data" / "index")), run.root)
        deadline = time.monotonic() + 60
        while not all(run.events.is_file() for run in runs[:2]):
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)
        monkeypatch.setattr(tickets, "write_atomically", full)
        monkeypatch.setattr(workers, "withdraw", withdrawn)
    assert not any(is_locked(run.lock) for run in runs)
    assert entries() == [], "what waited is taken out, what ran has ended"
