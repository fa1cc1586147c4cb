"""A run whose folder is deleted, moved or replaced while its worker is at it."""

from __future__ import annotations

import shutil
import sys

import pytest

from engine.contract.run.events import Failed
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.contract.run.watch import watch
from engine.contract.system.processes import find_process
from engine.contract.text.messages import JobFailed
from engine.contract.text.resources import ROOT
from tests.fakes.waiting import wait


def launch(run: RunFolder) -> int:
    """A worker that goes on until it is stopped, and has begun."""
    keeper = start(run.root, (sys.executable, str(ROOT / "tests" / "fakes" / "jobs.py"), "patient"))
    wait(lambda: run.events.exists() and '"type":"stage"' in run.events.read_text())
    return keeper


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_that_a_run_that_loses_its_folder_ends_in_words_and_makes_no_other(run: RunFolder, how: str) -> None:
    keeper = launch(run)
    elsewhere = run.root.with_name("elsewhere")
    if how == "deleted":
        shutil.rmtree(run.root)
    else:
        run.root.rename(elsewhere)
    if how == "replaced":
        shutil.copytree(elsewhere, run.root)
        before = sorted(path.name for path in run.root.iterdir())
    wait(lambda: find_process(keeper) is None)
    if how == "replaced":
        assert sorted(path.name for path in run.root.iterdir()) == before
        return
    assert not run.root.exists()
    if how == "moved":
        terminal = fold(EventTail(RunFolder(elsewhere).events).read()).terminal
        assert isinstance(terminal, Failed) and terminal.message.code == "run.folder_gone"
        assert str(run.root) in terminal.text


def test_that_who_follows_a_run_hears_that_its_folder_is_gone(run: RunFolder) -> None:
    launch(run)
    seen = watch(run)
    next(seen)
    shutil.rmtree(run.root)
    with pytest.raises(JobFailed) as caught:
        for _ in seen:
            pass
    assert caught.value.message.code == "run.folder_gone"
