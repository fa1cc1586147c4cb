"""A queue for each machine: those of others are let be, and what is of this one is taken over."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.queue import changes, place
from engine.contract.queue.entries import entries
from engine.contract.queue.gate import Gate
from engine.contract.queue.led import led
from engine.contract.queue.pump import pump
from engine.contract.run.folder import RunFolder
from engine.contract.system.folders import queue_folder, state_folder
from engine.contract.system.locks import is_locked
from tests.fakes.queued import put, states


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Be a machine of that name, with the same home folder as others."""
    return lambda name: monkeypatch.setattr(socket, "gethostname", lambda: name)


def test_a_machine_with_the_same_home_folder_begins_nothing_of_another(
    runs: Callable, on: Callable[[str], None]
) -> None:
    on("login")
    first, second = runs(2)
    changes.pause_all()
    with led([first.root]):
        put(second)
        on("node-7")
        assert entries() == [] and not changes.settings().paused
        pump()
        changes.go_on_all()
        assert place.of_others() == {"login": 2}
        with Gate.of_this_machine().quiet(limit_s=0.1) as quiet:
            assert quiet is True
        on("login")
        assert states() == {1: "waiting", 2: "waiting"}
        assert not is_locked(first.lock) and not is_locked(second.lock)
        changes.pause_all()


def _as_before(runs: list[RunFolder]) -> Path:
    """A queue of an earlier version, in which runs wait."""
    earlier = state_folder() / "queue"
    changes.pause_all()
    for run in runs:
        put(run)
    shutil.move(queue_folder(), earlier)
    return earlier


def test_the_queue_of_an_earlier_version_is_taken_over(runs: Callable) -> None:
    first, second = runs(2)
    earlier = _as_before([first, second])
    pump()
    assert states() == {1: "waiting", 2: "waiting"}
    chosen = changes.settings()
    assert chosen.paused and chosen.at_once == 1 and list((earlier / "tickets").iterdir()) == []
    changes.go_on_all()
    assert states() == {1: "running", 2: "waiting"}


def test_what_is_taken_over_has_a_number_of_its_own_and_no_run_stands_there_twice(runs: Callable) -> None:
    first, second, third = runs(3)
    earlier = _as_before([first, second])
    kept = (earlier / "tickets" / "000002.json").read_text()
    (earlier / "tickets" / "000003.json").write_text("")
    tickets = queue_folder() / "tickets"
    tickets.mkdir(parents=True)
    (tickets / "000001.json").write_text(json.dumps(json.loads(kept) | {"number": 1}))  # as where it was broken off
    put(third)
    assert sorted(each.number for each in entries()) == [1, 2, 3, 4]
    by_run = {each.run: each.number for each in entries()}
    assert (by_run[second.root], by_run[first.root]) == (1, 2)
    assert entries()[-1].number == 3 and entries()[-1].state == "refused"


def test_a_machine_that_was_called_otherwise_takes_its_queue_in(runs: Callable, on: Callable[[str], None]) -> None:
    (run,) = runs(1)
    on("laptop")
    changes.pause_all()
    put(run)
    on("a/laptop")
    assert queue_folder().name == "a_laptop" and entries() == []
    queue_folder().mkdir()
    shutil.move(queue_folder().parent / "laptop", queue_folder() / place.EARLIER)
    pump()
    assert states() == {1: "waiting"} and place.of_others() == {}
