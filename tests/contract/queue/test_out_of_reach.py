"""Entries whose folders, or whose own tickets, cannot be looked at: the rest of the queue goes on without them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract.queue import changes
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import pump
from engine.contract.run.folder import RunFolder
from engine.contract.system.folders import queue_folder
from engine.contract.text.messages import UserError
from tests.fakes.queued import put, states
from tests.fakes.waiting import wait


def _answers_with_errors(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path.stat

    def broken(path: Path, **how: Any) -> os.stat_result:
        if path == folder.root or folder.root in path.parents:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", broken)


def _has_no_stream_but_a_folder(folder: RunFolder, _: pytest.MonkeyPatch) -> None:
    folder.events.mkdir()


@pytest.mark.parametrize("spoil", [_answers_with_errors, _has_no_stream_but_a_folder])
def test_one_folder_that_cannot_be_looked_at_holds_nobody_up(
    runs: Callable, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[RunFolder, pytest.MonkeyPatch], None]
) -> None:
    changes.pause_all()
    first, second, third = runs(3)
    put(first)
    put(second)
    with monkeypatch.context() as patch:
        spoil(first, patch)
        assert states() == {1: "missing", 2: "waiting"}
        pump()
        put(third)
        changes.go_on_all()
        assert states() == {1: "missing", 2: "running", 3: "waiting"}
        changes.move(1, after=3)
        changes.pause(1)
        changes.go_on(1)
        changes.cancel(1)
        assert states() == {2: "running", 3: "waiting"}
    assert first.job.is_file()
    if first.events.is_dir():
        first.events.rmdir()


def test_one_that_could_not_be_looked_at_goes_on_when_it_can(runs: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = runs(1)
    changes.pause_all()
    put(run)
    with monkeypatch.context() as patch:
        _answers_with_errors(run, patch)
        changes.go_on_all()
        assert states() == {1: "missing"}
    pump()
    assert states() == {1: "running"}
    (run.root / "go").touch()
    wait(lambda: entries() == [], pumped=True)


def test_a_ticket_that_cannot_be_read_is_shown_and_can_be_taken_out(runs: Callable) -> None:
    changes.pause_all()
    first, second = runs(2)
    put(first)
    put(second)
    (queue_folder() / "tickets" / "000001.json").write_text("")  # as after a loss of power
    pump()
    lost = entries()[-1]
    assert (lost.number, lost.state) == (1, "refused") and lost.why is not None
    assert "000001.json" in lost.title.text() and "queue cancel 1" in lost.why.text()
    for change in (changes.pause, changes.go_on, changes.move):
        with pytest.raises(UserError, match="cannot be read"):
            change(1)
    changes.cancel(1)
    assert states() == {2: "waiting"} and first.job.is_file()


def test_a_queue_whose_settings_cannot_be_read_stands_paused(runs: Callable) -> None:
    (run,) = runs(1)
    (queue_folder() / "settings.json").write_text("")
    put(run)
    assert states() == {1: "waiting"} and changes.settings().paused
    changes.go_on_all()
    assert states() == {1: "running"} and not changes.settings().paused


def test_what_the_queue_writes_waits_for_the_disk(runs: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync = [], os.fsync

    def seen(fd: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        sync(fd)

    monkeypatch.setattr(os, "fsync", seen)
    (run,) = runs(1)
    put(run)
    folder = queue_folder() / "tickets"
    begun = [name for name in synced if Path(name).name.startswith(".000001.json")]
    assert len(begun) == 2, "put in, and begun"
    assert synced.count(str(folder)) == 2 and synced.count(str(folder.parent)) == 1
