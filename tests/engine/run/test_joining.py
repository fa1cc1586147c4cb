"""Another machine joins the sitting that is going on, or the next one; never one that is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.contract.run.events import CancelledEvent, Event, Failed, Finished, Hello
from engine.contract.run.folder import RunFolder, begin_sitting
from engine.contract.run.ranks import Plan, plan_file
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import Message, UserError
from engine.run.ranks import joining
from engine.run.ranks import meeting as meetings
from engine.run.ranks.joining import as_node, awaited_plan
from engine.run.ranks.meeting import Meeting
from engine.run.stream import EventWriter

WORD = Message(code="train.gathering", args={"ranks": 2})


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.job.write_text("{}")
    return folder


@contextmanager
def sitting(run: RunFolder, number: int, last_word: Event) -> Iterator[None]:
    """The first node of a training at work."""
    lock = begin_sitting(run)
    with EventWriter(run.events) as stream:
        stream.emit(Hello(pid=1, versions={}, device="-"))
        nodes = ("127.0.0.1:6170", "127.0.0.1:6171")
        plan = Plan(sitting=number, size=2, nodes=nodes, host="127.0.0.1", port=6170, devices=("cpu",), amp=False)
        folder_in(run.root, "ranks", str(number))
        write_atomically(plan_file(run.root), plan.model_dump_json())
        first = Meeting(plan.folder(run.root), 0, 2, lambda: None, beating=True)
        yield
        stream.emit(last_word)
        first.over()
    lock.close()


def joined(run: RunFolder) -> Future[Plan]:
    """Somebody who waits, and has looked at the run; in vain, if a test fails, but not for the tests' end."""
    waiting: Future[Plan] = Future()

    def wait() -> None:
        try:
            waiting.set_result(awaited_plan(run))
        except UserError as error:
            waiting.set_exception(error)

    threading.Thread(target=wait, daemon=True).start()
    time.sleep(0.3)
    return waiting


@pytest.mark.parametrize("ended", [Failed(message=WORD, text=WORD.text()), CancelledEvent()])
def test_that_a_run_that_broke_off_is_joined_as_it_is_resumed(
    run: RunFolder, ended: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever joined before the first node had resumed it went away without a word, and the first waited in vain."""
    monkeypatch.setattr(meetings, "BEAT_S", 0.05)
    with sitting(run, 1, ended):
        pass
    waiting = joined(run)
    assert not waiting.done()
    with sitting(run, 2, ended):
        assert waiting.result(20).sitting == 2


def test_that_who_joins_is_told_that_the_run_has_ended(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "BEAT_S", 3600.0)  # no sign of life, so that nobody joins this sitting
    with sitting(run, 1, Failed(message=WORD, text=WORD.text())):
        waiting = joined(run)
    with pytest.raises(UserError) as caught:
        waiting.result(20)
    assert caught.value.message.code == "ranks.join_over"
    with sitting(run, 2, Finished()):
        waiting = joined(run)
    with pytest.raises(UserError) as caught:
        waiting.result(20)
    assert caught.value.message.code == "ranks.join_finished"


def test_that_nobody_joins_as_a_node_that_is_there_already(run: RunFolder) -> None:
    """Two took the place of one rank, and both stood still for a minute and a half before the training failed."""
    plan = Plan(sitting=1, size=2, nodes=("a:1", "b:1"), host="a", port=1, devices=("cpu",), amp=False)
    folder_in(run.root, "ranks", "1")
    with as_node(run, plan, 1):
        with pytest.raises(UserError) as caught, as_node(run, plan, 1):
            pass
        assert caught.value.message.code == "ranks.node_taken"
    with as_node(run, plan, 1):
        pass


def test_that_who_waits_is_reminded_of_the_folder(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "REMINDED_S", 0.1)

    class Reminded(Exception):
        pass

    def remind() -> None:
        raise Reminded

    with pytest.raises(Reminded):
        awaited_plan(run, remind)
