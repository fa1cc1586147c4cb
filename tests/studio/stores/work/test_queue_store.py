"""The queue as the studio holds it: what was killed is news, quitting stops all of it or says what did not stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.queue import changes
from engine.contract.queue.entries import entries, entry_of
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import read_record
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import UserError
from studio.presenters.queue.queue_rows import queue_rows, summary
from studio.presenters.queue.time_words import waiting_line
from studio.stores.followed import Waiting
from studio.stores.work.queue_look import News
from studio.stores.work.taken_out import TakenOut
from studio.studio import Studio
from tests.fakes.recipes import command, make_task

PATIENCE_MS = 60_000


@pytest.fixture
def recipes(project: Path) -> Iterator[list[RunFolder]]:
    """Two recipes that go on for as long as nobody stops them; nothing is begun yet."""
    made = [make_task(project, project / "base") for _ in range(2)]
    yield made
    changes.pause_all()
    for recipe in made:
        stop(recipe.root)


def put(recipe: RunFolder) -> int:
    return enqueue(recipe.root, command=command("patient"))


def test_that_what_was_killed_is_news_though_it_stays_in_the_queue(
    studio: Studio, recipes: list[RunFolder], qtbot: QtBot
) -> None:
    recipe, told = recipes[0], list[News]()
    studio.queue.ended.connect(told.append)
    number = put(recipe)
    qtbot.waitUntil(lambda: len(studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: (record := read_record(recipe.lock)) is not None and bool(record.pid), timeout=PATIENCE_MS)
    record = read_record(recipe.lock)
    assert record is not None and record.pid is not None
    os.kill(record.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)
    assert [(news.entry.number, news.status) for news in told] == [(number, "lost")]
    (row,) = queue_rows(studio.queue.latest)
    assert (row.state, row.cells["time"]) == ("paused", "stopped from outside") and row.can_go_on
    assert studio.queue.waiting_of(recipe.root) == Waiting(0, None, "paused")


def test_that_a_paused_queue_is_not_said_to_start_the_next(
    studio: Studio, recipes: list[RunFolder], qtbot: QtBot
) -> None:
    changes.pause_all()
    put(recipes[0])
    qtbot.waitUntil(lambda: studio.queue.waiting_of(recipes[0].root) is not None, timeout=PATIENCE_MS)
    waiting = studio.queue.waiting_of(recipes[0].root)
    assert waiting is not None and not waiting.held and waiting_line(waiting) == "Waits: the queue is paused"


def test_that_stopping_all_of_it_stops_what_began_since_the_last_look(
    studio: Studio, recipes: list[RunFolder], qtbot: QtBot
) -> None:
    changes.set_at_once(2)
    put(recipes[0])
    qtbot.waitUntil(lambda: len(studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    studio.queue.close()  # it looks no more
    numbers = {put(recipe) for recipe in recipes}
    stopped: list[bool] = []
    studio.queue.stop_all(lambda: stopped.append(True), lambda: stopped.append(False))
    qtbot.waitUntil(lambda: stopped == [True], timeout=PATIENCE_MS)
    assert [entry.state for entry in entries()] == ["paused", "paused"]
    assert set(studio.settings.value.stopped) == numbers and not any(is_locked(each.lock) for each in recipes)
    first, second = sorted(numbers)
    studio.queue.pause(first)  # a person decided of it: it does not go on with the others
    assert studio.settings.value.stopped == (second,)


def test_that_what_could_not_be_stopped_is_told(
    studio: Studio, recipes: list[RunFolder], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(number: int) -> None:
        raise OSError(28, "No space left on device", "/queue")

    told: list[object] = []
    studio.queue.failed.connect(told.append)
    put(recipes[0])
    qtbot.waitUntil(lambda: len(studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    monkeypatch.setattr("engine.contract.queue.changes.pause", refuse)
    stopped: list[bool] = []
    studio.queue.stop_all(lambda: stopped.append(True), lambda: stopped.append(False))
    qtbot.waitUntil(lambda: stopped == [False] and bool(told), timeout=PATIENCE_MS)

    def gone(number: int) -> None:
        raise UserError("queue.unknown", number=number, known="-")

    monkeypatch.setattr("engine.contract.queue.changes.pause", gone)
    studio.queue.stop_all(lambda: stopped.append(True), lambda: stopped.append(False))
    qtbot.waitUntil(lambda: stopped == [False, True], timeout=PATIENCE_MS)
    assert entry_of(recipes[0].root) is not None and len(told) == 1


def test_that_a_queue_of_what_cannot_start_says_so(studio: Studio, recipes: list[RunFolder], qtbot: QtBot) -> None:
    enqueue(recipes[0].root, command=("/no/such/program",))
    qtbot.waitUntil(lambda: any(each.state == "refused" for each in studio.queue.entries), timeout=PATIENCE_MS)
    assert summary(studio.queue.latest) == "1 cannot start"
    (row,) = queue_rows(studio.queue.latest)
    assert "/no/such/program" in row.cells["time"] and row.can_go_on and row.can_cancel


def test_that_a_task_that_is_put_back_waits_again(
    studio: Studio, recipes: list[RunFolder], project: Path, qtbot: QtBot
) -> None:
    out: list[TakenOut] = []
    studio.queue.taken_out.connect(out.append)
    assert studio.project.open(project)
    changes.pause_all()
    put(recipes[0])
    qtbot.waitUntil(lambda: len(studio.tasks.tasks) == 1, timeout=PATIENCE_MS)
    (task,) = studio.tasks.tasks
    qtbot.waitUntil(lambda: task.waiting is not None, timeout=PATIENCE_MS)
    task.cancel()
    qtbot.waitUntil(lambda: task.status == "cancelled" and bool(out), timeout=PATIENCE_MS)
    studio.queue.restore(out[0])
    qtbot.waitUntil(lambda: task.waiting is not None and task.status == "queued", timeout=PATIENCE_MS)
    assert not task.ended and task in studio.tasks.running()


def test_that_going_on_starts_the_rest_where_one_is_gone(
    studio: Studio, recipes: list[RunFolder], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes.pause_all()
    number = put(recipes[0])
    studio.settings.update(stopped=(number,))
    qtbot.waitUntil(lambda: len(studio.queue.entries) == 1, timeout=PATIENCE_MS)

    def gone(number: int) -> None:
        raise UserError("queue.unknown", number=number, known="-")

    monkeypatch.setattr("engine.contract.queue.changes.go_on", gone)
    studio.queue.pause_all(False)
    qtbot.waitUntil(lambda: not changes.settings().paused, timeout=PATIENCE_MS)
    assert studio.settings.value.stopped == ()
