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

from engine.contract.queue import changes, room, tickets
from engine.contract.queue.changes import go_on_all, pause_all, set_at_once
from engine.contract.queue.entries import Entry, entries, entry_of
from engine.contract.queue.led import led
from engine.contract.queue.pump import enqueue, pump
from engine.contract.queue.tickets import Ticket
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.run.lock import LockRecord, RunLock, read_record
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import start_time
from engine.contract.text.messages import Message
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


def test_that_a_fleet_on_this_machine_waits_for_its_turn_and_is_charged_once(
    two: tuple[RunFolder, RunFolder], tmp_path: Path
) -> None:
    first, second = two
    before, behind = another(tmp_path, "before"), another(tmp_path, "behind")
    set_at_once(1)
    enqueue(before.root, command=(sys.executable, str(JOBS), "patient"))
    runs = [first.root, second.root]
    with led(runs, here=True) as turns:
        enqueue(behind.root, command=(sys.executable, str(JOBS), "done"))
        assert turns.due(runs) == [] and of(first).state == "waiting"
        (before.root / "go").touch()
        wait(lambda: entry_of(before.root) is None)
        pump()
        assert not any(is_locked(run.lock) for run in (first, second, behind)), "it is its leader's to begin"
        assert turns.due(runs) == [first.root]
        assert turns.due(runs) == [] and not is_locked(behind.lock), "charged before it is begun"
        start(first.root, (sys.executable, str(JOBS), "patient"))
        assert turns.due(runs) == []
        (first.root / "go").touch()
        wait(lambda: entry_of(first.root) is None)
        changes.pause(of(second).number)
        assert turns.due(runs) == [], "paused"
        wait(lambda: behind.status() == "finished", pumped=True)
        changes.go_on(of(second).number)
        pause_all()
        assert turns.due(runs) == []
        go_on_all()
        assert turns.due([second.root]) == [second.root] and turns.taken_out([first.root]) == [first.root]


def test_that_what_another_machine_does_takes_nothing_of_this_one(
    two: tuple[RunFolder, RunFolder], tmp_path: Path
) -> None:
    first, second = two
    here = another(tmp_path, "here")
    set_at_once(1)
    with led([first.root, second.root]):
        lock = RunLock.take(first.lock)
        lock.write(LockRecord(pid=1, started=1, host="node-7"))
        assert of(first).state == "running"
        enqueue(here.root, command=(sys.executable, str(JOBS), "done"))
        wait(lambda: here.status() == "finished")
        lock.close()


def test_that_a_fleet_shares_its_gpus_out_itself_and_is_dead_or_alive_charged_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "every_gpu", lambda: ("0", "1"))
    us: dict[str, object] = {"leader": os.getpid(), "leader_started": start_time(os.getpid()), "here": True}
    title = Message(code="queue.title.train", args={"run": "any"})
    usual = Ticket(number=1, order=1, run=Path("any"), kind="train", title=title, gpus=("0",))
    kinds: list[dict[str, object]] = [us, us, {"gpus": ("1",)}, {"gpus": ()}]
    mine, also_mine, other, plain = (
        usual.model_copy(update=more | {"number": number}) for number, more in enumerate(kinds, start=1)
    )
    fates = {1: "led", 2: "led", 3: "waits", 4: "waits"}
    machine = room.Machine(cores=8, memory_mb=1000)
    assert room.due([mine, also_mine, other, plain], fates, machine) == [mine, also_mine, plain]
    begun = mine.model_copy(update={"started": True})
    assert room.due([begun, also_mine, other], fates, machine) == [also_mine]
    left = [each.model_copy(update={"leader_started": -1}) for each in (mine, also_mine)]
    taken_over = {1: "waits", 2: "waits", 3: "waits"}
    assert room.due([*left, other], taken_over, machine) == [left[0], other], "each holds its own as any other does"


def test_that_a_full_disk_at_the_end_spoils_nothing(
    two: tuple[RunFolder, RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk, led([run.root for run in two], here=True) as turns:
        disk.setattr(tickets, "write_atomically", full)
        assert turns.due([two[0].root]) == []
        disk.setattr("engine.contract.queue.led.settle_and_start", full)
    assert entries() == []


def another(folder: Path, name: str) -> RunFolder:
    made = RunFolder(folder / name)
    made.root.mkdir()
    made.job.write_text(EvaluateJob(run="any", index=str(folder / "data" / "index")).model_dump_json())
    return made


@pytest.mark.parametrize("here", [False, True])
def test_that_the_queue_takes_over_what_a_process_had_done_that_was_killed(
    two: tuple[RunFolder, RunFolder], here: bool
) -> None:
    at_it, not_yet = two
    set_at_once(2)
    code = f"""
        import os, signal
        from pathlib import Path
        from engine.contract.queue.led import led
        from engine.contract.run.folder import start
        runs = [Path({str(at_it.root)!r}), Path({str(not_yet.root)!r})]
        with led(runs, here={here}) as turns:
            assert not {here} or turns.due(runs) == runs
            start(Path({str(at_it.root)!r}), {(sys.executable, str(JOBS), "patient")!r})
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=False)
    assert of(at_it).state == "running", "what goes on is adopted"
    (at_it.root / "go").touch()
    wait(lambda: at_it.status() == "finished", pumped=True)
    wait(lambda: not_yet.status() == "failed", pumped=True)  # it has no data: it was begun all the same
    wait(lambda: entries() == [], pumped=True)
