"""How busy others keep the machine: their work is counted, and what is ours is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.contract.system import load
from engine.contract.system.load import Load

STAT = "cpu  {user} 0 100 5000 7 3 2 {stolen} 0 0\ncpu0 1 2 3\n"


@pytest.fixture
def stat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the system tells, written by the test; two processors, of which this process uses nothing."""
    path = tmp_path / "stat"
    monkeypatch.setattr(load, "_STAT", path)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(load, "_ours_s", lambda: 0.0)
    return path


def test_that_others_work_and_stolen_time_are_counted(stat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((10.0, 20.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    stat.write_text(STAT.format(user=1000, stolen=0))
    watch = Load()
    ticks = os.sysconf("SC_CLK_TCK")
    stat.write_text(STAT.format(user=1000 + 4 * ticks, stolen=2 * ticks))
    assert watch.others() == pytest.approx(6 / 10 / 2)


def test_that_a_system_that_does_not_tell_is_not_guessed_at(stat: Path) -> None:
    assert Load().others() is None
    stat.write_text("cpu nothing of use\n")
    assert Load().others() is None


def test_that_a_child_that_was_waited_for_is_ours() -> None:
    before = load._ours_s()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert load._ours_s() - before > 0.01
