"""The queue while the machine goes down, and after it has come up again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from engine.contract.queue.pump import pump
from engine.contract.system.locks import is_locked
from tests.fakes.queued import at_work, has_ended, is_at_it, put, states, wait


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
