"""Entries that are paused, cancelled and told to go on while they are still being stopped."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest

from engine.contract.queue import changes, tickets
from engine.contract.queue.entries import entries
from engine.contract.queue.led import led
from engine.contract.queue.pump import enqueue, pump
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.stopping import stop
from engine.contract.system.files import write_atomically
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import UserError
from tests.fakes.queued import at_work, is_at_it, of, put, states, worker
from tests.fakes.waiting import wait


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join()


@pytest.mark.parametrize("leave", [changes.pause, changes.cancel])
@pytest.mark.parametrize("back", ["resume", "put in again"])
def test_what_goes_on_while_it_is_being_stopped_is_begun_again(
    runs: Callable, leave: Callable[[int], None], back: str
) -> None:
    (run,) = runs(1)
    put(run, "reluctant")
    wait(lambda: is_at_it(run))
    before = at_work(run)
    with beside(lambda: leave(1)):
        wait(lambda: states() == {1: "stopping"})
        if back == "resume":
            changes.go_on(1)
        else:
            assert enqueue(run.root, command=worker("patient")) == 1
        assert states() == {1: "stopping"}
        wait(lambda: is_locked(run.lock) and at_work(run) != before)
    # Whoever stopped it has seen that it ended, and has let its next worker be.
    assert states() == {1: "running"} and not run.cancel.exists()
    time.sleep(0.2)
    assert is_locked(run.lock)


def test_one_that_was_told_to_go_on_can_be_cancelled_after_all(runs: Callable) -> None:
    (run,) = runs(1)
    put(run, "reluctant")
    wait(lambda: is_at_it(run))
    with beside(lambda: changes.pause(1)):
        wait(lambda: states() == {1: "stopping"})
        changes.go_on(1)
        changes.cancel(1)
    assert entries() == [] and run.status() == "cancelled"


def test_who_stops_a_worker_lets_the_one_after_it_be(runs: Callable) -> None:
    (run,) = runs(1)
    put(run, "reluctant")
    wait(lambda: is_at_it(run))
    first = at_work(run)
    with beside(lambda: stop(run.root, ask=30)) as stopper:
        wait(lambda: run.cancel.exists())
        wait(lambda: not is_locked(run.lock) or run.status() == "cancelled")
        _begin(run)
        stopper.join(5)
        assert not stopper.is_alive()
    assert at_work(run) != first and is_locked(run.lock)


def _begin(run: RunFolder) -> None:
    enqueue(run.root, command=worker("patient"))
    wait(lambda: is_locked(run.lock) and run.status() == "running")


@pytest.mark.parametrize("leave", [changes.pause, changes.cancel])
def test_a_disk_without_room_keeps_nobody_from_stopping(
    runs: Callable, monkeypatch: pytest.MonkeyPatch, leave: Callable[[int], None]
) -> None:
    (run,) = runs(1)
    put(run)
    wait(lambda: is_at_it(run))
    no_room = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as patch:
        patch.setattr(tickets, "write_atomically", Mock(side_effect=no_room))
        with pytest.raises(OSError, match="space") if leave is changes.pause else nullcontext():
            leave(1)
        assert not is_locked(run.lock)
    if leave is changes.cancel:
        assert entries() == []
    (other,) = runs(1)
    put(other)
    wait(lambda: is_at_it(other))
    with monkeypatch.context() as patch:
        patch.setattr(tickets, "write_atomically", Mock(side_effect=no_room))
        changes.withdraw(other.root)
    assert stop(other.root) == "cancelled"


def test_a_pause_is_written_down_as_soon_as_there_is_room(runs: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = runs(1)
    put(run)
    wait(lambda: is_at_it(run))
    no_room = [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))]

    def write(path: Path, text: str, **how: bool) -> None:
        if no_room:
            raise no_room.pop()
        write_atomically(path, text, **how)

    monkeypatch.setattr(tickets, "write_atomically", write)
    changes.pause(1)
    assert states() == {1: "paused"} and not of(run).interrupted


def test_one_that_a_fleet_elsewhere_begins_by_itself_cannot_be_paused_and_says_so(runs: Callable) -> None:
    (run,) = runs(1)
    with led([run.root]):
        with pytest.raises(UserError, match="fleet on other machines"):
            changes.pause(1)
        assert states() == {1: "waiting"}


def test_one_that_a_fleet_has_at_work_is_the_queues_once_it_is_paused(runs: Callable) -> None:
    (run,) = runs(1)
    with led([run.root]):
        start(run.root, worker("reluctant"))
        wait(lambda: is_at_it(run))
        with beside(lambda: changes.pause(1)):
            wait(lambda: states() == {1: "stopping"})
            pump()
            assert states() == {1: "stopping"}
        assert states() == {1: "paused"}
    assert states() == {1: "paused"}, "also after its fleet has ended"


def test_what_is_left_of_a_run_is_told_by_a_clock_that_nobody_sets(
    runs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = runs(1)
    put(run)
    wait(lambda: is_at_it(run))
    with tickets.opened() as book:
        book.keep(book.tickets[0].model_copy(update={"low_s": 3000.0, "high_s": 4000.0}))
    right = time.time()
    for wrong_s in (0.0, 86400.0, -86400.0):
        monkeypatch.setattr(time, "time", partial(float, right + wrong_s))
        left = of(run).left
        assert left is not None and 2900 < left.low_s < 3000
