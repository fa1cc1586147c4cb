"""The queue while the machine goes down, and after it has come up again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from engine.contract.queue import fate
from engine.contract.queue import pump as pumping
from engine.contract.queue.pump import enqueue, pump
from engine.contract.queue.tickets import read_tickets
from engine.contract.run.events import Progress
from engine.contract.run.folder import RunFolder
from engine.contract.system.locks import is_locked
from tests.fakes.queued import at_work, has_ended, is_at_it, of, put, states
from tests.fakes.waiting import wait

LOST_AT_ONCE = ("/bin/true",)
"""A worker that is gone as it has begun, without a word, as one whose keeper was killed."""


def test_nothing_is_begun_by_a_keeper_that_was_told_to_end(runs: Callable) -> None:
    first, second = runs(2)
    put(first)
    put(second)
    wait(lambda: is_at_it(first))
    keeper, worker = at_work(first, "keeper"), at_work(first)
    for process in (keeper, worker):  # as a shutdown tells all that there is
        os.kill(process, signal.SIGTERM)
    wait(lambda: has_ended(keeper))
    assert first.status() == "cancelled"
    assert states() == {1: "paused", 2: "waiting"}
    pump()
    assert states() == {1: "paused", 2: "running"}


def test_a_run_goes_on_whose_last_word_was_written_by_half(runs: Callable) -> None:
    (run,) = runs(1)
    put(run)
    wait(lambda: is_at_it(run))
    os.kill(at_work(run, "keeper"), signal.SIGKILL)
    wait(lambda: not is_locked(run.lock))
    with run.events.open("ab") as stream:
        stream.write(b'{"type":"progr')
    pump()
    assert states() == {1: "running"}
    (run.root / "go").touch()
    wait(lambda: run.status() == "finished")


def _loses_its_keeper(run: RunFolder, steps: int = 0) -> None:
    wait(lambda: not is_locked(run.lock))
    if steps:
        with run.events.open("a") as stream:
            stream.write(Progress(done=steps, total=1000, unit="step").model_dump_json() + "\n")
    pump()


def test_a_run_that_comes_no_further_goes_on_three_times_and_again_after_a_restart(
    runs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = runs(1)
    _restart(monkeypatch, "first")
    enqueue(run.root, command=LOST_AT_ONCE)
    for start in ("first", "second"):
        _restart(monkeypatch, start)
        pump()
        for _ in range(fate.RETURNS):
            assert _begun()
            _loses_its_keeper(run)
        _loses_its_keeper(run)
        assert states() == {1: "paused"} and of(run).interrupted


@pytest.mark.parametrize("reason", ["it came further", "the machine was restarted"])
def test_a_run_goes_on_as_often_as_its_keeper_is_lost_without_its_fault(
    runs: Callable, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    (run,) = runs(1)
    enqueue(run.root, command=LOST_AT_ONCE)
    for each in range(1, fate.RETURNS + 3):
        if reason == "it came further":
            _loses_its_keeper(run, steps=each)
        else:
            _restart(monkeypatch, f"start {each}")
            _loses_its_keeper(run)
        assert _begun()
    for _ in range(fate.RETURNS + 1):
        _loses_its_keeper(run, steps=1)
    assert states() == {1: "paused"}, "steps that were done before are no new ones"


def _begun() -> bool:
    return read_tickets()[0].started


def _restart(monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    for module in (fate, pumping):
        monkeypatch.setattr(module, "machine_start", lambda: start)
