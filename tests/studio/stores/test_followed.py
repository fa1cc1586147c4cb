"""Events that are written fast, late or wrongly reach the window as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.run.events import Finished, Hello, Metric
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from studio.workers.following import Follower, Following


@pytest.fixture
def following() -> Iterator[Following]:
    made = Following()
    yield made
    made.close()
    made.deleteLater()


def write(root: Path, count: int, first: int = 0, end: bool = False) -> None:
    """A hello, `count` points of a curve, and an end, as a worker writes them."""
    root.mkdir(exist_ok=True)
    events: list[Hello | Metric | Finished] = [Hello(pid=1, versions={}, device="cpu")] if first == 0 else []
    events += [Metric(name="loss", step=step, value=1 / (step + 1)) for step in range(first, first + count)]
    events += [Finished()] if end else []
    begin = 0 if first == 0 else first + 1
    with (root / "events.jsonl").open("a") as stream:
        for seq, event in enumerate(events, start=begin):
            stream.write(event.model_copy(update={"seq": seq, "time": 1000.0 + seq}).model_dump_json() + "\n")


def counted(follower: Follower) -> list[int]:
    """Counts the events that are told."""
    seen: list[int] = []
    follower.told.connect(lambda events: seen.extend(event.seq for event in events))
    return seen


def test_that_an_old_run_is_read_in_portions_and_whole(following: Following, tmp_path: Path, qtbot: QtBot) -> None:
    write(tmp_path / "run", 20_000, end=True)
    follower = following.follow(tmp_path / "run")
    portions: list[int] = []
    follower.told.connect(lambda events: portions.append(len(events)))
    qtbot.waitUntil(lambda: follower.status == "finished", timeout=60_000)
    assert len(portions) > 10
    assert follower.state == fold(EventTail(tmp_path / "run" / "events.jsonl").read())


def test_that_no_event_of_a_growing_run_is_lost_or_told_twice(
    following: Following, tmp_path: Path, qtbot: QtBot
) -> None:
    write(tmp_path / "run", 100)
    follower = following.follow(tmp_path / "run")
    seen = counted(follower)
    for first in range(100, 3000, 100):
        write(tmp_path / "run", 100, first)
        follower.wake()
        qtbot.wait(2)
    write(tmp_path / "run", 1, 3000, end=True)
    following.wake(follower)
    qtbot.waitUntil(lambda: follower.status == "finished", timeout=30_000)
    assert seen == list(range(3003))


def test_that_a_broken_stream_is_a_message_of_that_run_alone(
    following: Following, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("good", "bad"):
        write(tmp_path / name, 5, end=True)
    lines = (tmp_path / "bad" / "events.jsonl").read_text().splitlines()
    (tmp_path / "bad" / "events.jsonl").write_text("\n".join([*lines[:3], "{}", *lines[3:]]) + "\n")
    good, bad = following.follow(tmp_path / "good"), following.follow(tmp_path / "bad")
    qtbot.waitUntil(lambda: good.status == "finished" and bad.error is not None, timeout=10_000)
    assert bad.error is not None and bad.error.code == "run.stream_broken"
    assert bad.error.args["line"] == 4


def test_that_a_line_longer_than_a_portion_is_read(following: Following, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "run").mkdir()
    long = Hello(pid=1, versions={"long": "x" * 300_000}, device="cpu").model_dump_json()
    (tmp_path / "run" / "events.jsonl").write_text(f"{long}\n" + Finished(seq=1).model_dump_json() + "\n")
    follower = following.follow(tmp_path / "run")
    qtbot.waitUntil(lambda: follower.status == "finished", timeout=10_000)
    assert len(json.dumps(follower.state.sittings[0].hello.versions)) > 300_000


def test_that_nothing_ticks_when_nothing_runs(following: Following, tmp_path: Path, qtbot: QtBot) -> None:
    write(tmp_path / "run", 5, end=True)
    follower = following.follow(tmp_path / "run")
    qtbot.waitUntil(lambda: follower.status == "finished", timeout=10_000)
    qtbot.waitUntil(lambda: not following._timer.isActive(), timeout=10_000)
    assert not follower.active
