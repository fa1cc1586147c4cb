"""The queue by real workers: what starts, waits, is moved, paused, cancelled, and what becomes of what was killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.queue import changes, fate
from engine.contract.queue import pump as pumping
from engine.contract.queue.entries import entries, entry_of
from engine.contract.queue.pump import enqueue, pump
from engine.contract.queue.room import Machine, startable
from engine.contract.queue.tickets import Lane, Ticket
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.system.folders import queue_folder
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Message, UserError
from tests.fakes.queued import JOBS, at_work, of, put, states
from tests.fakes.waiting import wait
from tests.trial.ground import Ground
from tests.trial.queue.tries import killed


def test_one_runs_the_next_waits_and_is_started_by_the_keeper_of_the_first(runs: Callable) -> None:
    first, second = runs(2)
    assert (put(first), put(second)) == (1, 2)
    assert states() == {1: "running", 2: "waiting"} and of(second).place == 1
    (first.root / "go").touch()
    # Nobody looks: the keeper of the first has the second started.
    wait(lambda: is_locked(second.lock))
    assert first.status() == "finished" and states() == {2: "running"}


def test_entries_are_moved_paused_and_cancelled(runs: Callable) -> None:
    all_runs = runs(5)
    for run in all_runs:
        put(run)
    changes.move(5)
    changes.move(2, after=4)
    assert [each.number for each in entries()] == [1, 5, 3, 4, 2]
    changes.move(3, before=5)
    changes.pause(3)
    changes.cancel(4)
    assert states() == {1: "running", 3: "paused", 5: "waiting", 2: "waiting"}
    assert not all_runs[3].root.exists()
    changes.pause(1)
    assert of(all_runs[0]).state == "paused" and all_runs[0].status() == "cancelled"
    wait(lambda: of(all_runs[4]).state == "running")
    changes.cancel(5)
    wait(lambda: entry_of(all_runs[4].root) is None)
    assert all_runs[4].status() == "cancelled"
    wait(lambda: of(all_runs[1]).state == "running")
    changes.go_on(1)
    assert states() == {2: "running", 1: "waiting", 3: "paused"}


def test_nothing_starts_while_the_queue_is_paused(runs: Callable) -> None:
    changes.pause_all()
    (run,) = runs(1)
    put(run)
    assert states() == {1: "waiting"} and changes.settings().paused
    changes.go_on_all()
    assert states() == {1: "running"}


def test_what_lost_its_keeper_goes_on_and_what_was_killed_alone_stands_paused(runs: Callable) -> None:
    first, second = runs(2)
    put(first)
    put(second)
    os.kill(at_work(first, "keeper"), signal.SIGKILL)
    wait(lambda: not is_locked(first.lock))
    pump()
    assert of(first).state == "running" and of(second).state == "waiting"
    os.kill(at_work(first, "pid"), signal.SIGKILL)
    wait(lambda: of(first).state == "paused")
    wait(lambda: of(second).state == "running")


def test_a_finished_run_is_refused_and_one_at_work_elsewhere_too(runs: Callable) -> None:
    first, second = runs(2)
    put(first, "done")
    wait(lambda: first.status() == "finished")
    with pytest.raises(UserError, match="finished"):
        put(first)
    put(second)
    assert put(second) == of(second).number


def test_nothing_is_lost_or_done_twice_when_everything_is_killed_at_random(tmp_path: Path) -> None:
    # A small part of what `make trial ONLY=queue` does.
    outcome = killed(1, random.Random(7), Ground(tmp_path / "trial", tmp_path / "kept"), count=6, kills=2)
    assert (outcome.verdict, outcome.detail) == ("right", "") and outcome.count > 0


def test_an_entry_that_cannot_be_started_tells_why_and_goes_on_when_it_can(runs: Callable) -> None:
    first, second = runs(2)
    put(first)
    enqueue(second.root, command=("/nowhere/python",))
    changes.cancel(1)
    wait(lambda: of(second).state == "refused", pumped=True)
    why = of(second).why
    assert why is not None and "/nowhere/python" in why.text()
    with pytest.raises(UserError, match="no entry 9"):
        changes.go_on(9)
    changes.cancel(2)
    assert entries() == []


def test_what_lies_in_no_project_is_not_begun_again_and_a_project_that_is_away_is_waited_for(
    runs: Callable, tmp_path: Path
) -> None:
    first, second = runs(2)
    job = EvaluateJob(run="any", index=str(tmp_path / "usb" / "data" / "index.sqlite"))
    first.job.write_text(job.model_dump_json())
    (tmp_path / "usb" / "runs").mkdir(parents=True)
    put(first)
    put(second)
    os.kill(at_work(first, "keeper"), signal.SIGKILL)
    wait(lambda: of(second).state == "running", pumped=True)
    assert entry_of(first.root) is None and first.status() == "lost"
    third = RunFolder(tmp_path / "usb" / "runs" / "0001-run")
    third.root.mkdir()
    third.job.write_text(job.model_dump_json())
    put(third)
    (tmp_path / "usb").rename(tmp_path / "away")
    assert of(third).state == "missing"
    (tmp_path / "away").rename(tmp_path / "usb")
    assert of(third).state == "waiting"
    shutil.rmtree(third.root)
    assert entry_of(third.root) is None


def test_one_that_somebody_stopped_from_outside_goes_on_after_a_restart_of_the_machine(
    runs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = runs(1)
    put(run)
    os.kill(at_work(run, "keeper"), signal.SIGTERM)
    wait(lambda: run.status() == "cancelled" and not is_locked(run.lock))
    pump()
    assert of(run).state == "paused" and of(run).interrupted
    for module in (fate, pumping):
        monkeypatch.setattr(module, "machine_start", lambda: "another")
    pump()
    assert of(run).state == "running"


def test_what_is_begun_by_another_way_is_at_work_like_any_other(runs: Callable) -> None:
    first, second = runs(2)
    put(first)
    put(second)
    changes.pause(2)
    start(second.root, (sys.executable, str(JOBS), "done"))
    pump()
    assert states() == {1: "running", 2: "running"}
    wait(lambda: entry_of(second.root) is None, pumped=True)
    assert second.status() == "finished"


def test_a_ticket_of_a_later_version_is_left_alone(runs: Callable) -> None:
    (run,) = runs(1)
    folder = queue_folder() / "tickets"
    folder.mkdir(exist_ok=True)
    (folder / "000007.json").write_text('{"format": 2, "number": 7, "colour": "green"}')
    put(run)
    assert of(run).number == 8 and (folder / "000007.json").exists()


def ticket(number: int, lane: Lane = "long", cores: int = 1, memory_mb: int = 100, gpus: str = "") -> Ticket:
    title = Message(code="queue.title.train", args={"run": "any"})
    return Ticket(
        number=number, order=number, run=Path("any"), kind="train", title=title, lane=lane, cores=cores,
        memory_mb=memory_mb, gpus=tuple(gpus),
    )  # fmt: skip


def test_what_was_begun_in_no_project_and_is_being_removed_is_not_taken_for_one_that_never_was(runs: Callable) -> None:
    (run,) = runs(1)
    put_in = ticket(1).model_copy(update={"run": run.root})
    assert fate.fate_of(put_in) == "waits"
    assert fate.fate_of(put_in.model_copy(update={"started": True})) == "ended"


@pytest.mark.parametrize(
    ("running", "waiting", "at_once", "started"),
    [
        ([], [ticket(1, cores=8, memory_mb=9999)], 0, [1]),  # more than there is: alone
        ([ticket(9, cores=8, memory_mb=9999)], [ticket(1)], 0, []),
        ([], [ticket(1, cores=2), ticket(2, cores=2), ticket(3)], 0, [1, 2]),  # four cores
        ([], [ticket(1, cores=3), ticket(2, cores=2), ticket(3)], 0, [1]),  # nobody overtakes
        ([ticket(9, cores=4)], [ticket(1), ticket(2, "short", 4), ticket(3, "short")], 0, [2]),
        ([], [ticket(1, "short", 4), ticket(2, "short", 4), ticket(3, "short")], 0, [1, 2]),
        ([], [ticket(1, memory_mb=600), ticket(2, memory_mb=600), ticket(3, "short", 1, 300)], 0, [1, 3]),
        ([], [ticket(1, cores=4), ticket(2, cores=4), ticket(3)], 2, [1, 2]),  # a person says how many
        ([], [ticket(1), ticket(2)], 1, [1]),
        ([ticket(9, gpus="0")], [ticket(1, gpus="0"), ticket(2, gpus="1"), ticket(3)], 0, [2, 3]),
        ([ticket(9, gpus="0")], [ticket(1, gpus="01"), ticket(2, gpus="1"), ticket(3)], 0, [3]),  # kept for the first
        ([ticket(9, gpus="0")], [ticket(1, gpus="0"), ticket(2, "short", gpus="0")], 3, [2]),
    ],
)
def test_what_runs_together(running: list[Ticket], waiting: list[Ticket], at_once: int, started: list[int]) -> None:
    found = startable(waiting, running, Machine(cores=4, memory_mb=1000, at_once=at_once))
    assert [each.number for each in found] == started
