"""The queue as rows and in one line: places, times before the start, and what can be done with each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from engine.contract.queue.entries import Entry
from engine.contract.queue.pace import Left
from engine.contract.queue.tickets import QueueSettings
from engine.contract.run.events import Progress
from engine.contract.run.job import Job
from engine.contract.system.usage import GpuUsage, Usage
from engine.contract.text.messages import Message, sentences
from studio.presenters.queue.meter_words import meters
from studio.presenters.queue.news_words import news_words
from studio.presenters.queue.queue_rows import queue_rows, summary
from studio.presenters.queue.time_words import about, before_words, waiting_line
from studio.stores.followed import Waiting
from studio.stores.work.queue_look import News, QueueLook, starts

GB = 10**9


def entry(number: int, state: Any = "waiting", minutes: float | None = 10, **more: Any) -> Entry:
    left = Left(60 * minutes, 60 * minutes) if minutes is not None else None
    known: dict[str, Any] = {
        "number": number, "run": Path(f"/p/runs/{number:04d}-train"), "state": state, "kind": "train",
        "title": Message(code="queue.title.train", args={"run": f"{number:04d}-train"}), "project": Path("/p"),
        "lane": "long", "cores": 2, "memory_mb": 2500, "wanted_at": 0.0, "started_at": None,
        "place": number if state == "waiting" else None, "left": left, "why": None, "interrupted": False,
    }  # fmt: skip
    return Entry(**{**known, **more})


def look_of(*entries: Entry, at_once: int = 0, paused: bool = False, **more: Any) -> QueueLook:
    settings = QueueSettings(at_once=at_once, paused=paused)
    return QueueLook(entries, settings, starts=starts(entries, at_once), **more)


def test_that_each_starts_when_those_before_it_are_done() -> None:
    found = (entry(1, "running"), entry(2), entry(3, minutes=20), entry(4), entry(9, lane="short"))
    assert starts(found, 0) == {2: 600, 3: 1200, 4: 2400, 9: 0}
    assert starts(found, 2) == {2: 0, 3: 600, 4: 600, 9: 0}


def test_that_nobody_guesses_behind_one_that_is_not_known() -> None:
    assert starts((entry(1, "running"), entry(2, minutes=None), entry(3)), 0) == {2: 600}
    assert starts((entry(1, "running", None), entry(2)), 0) == {}


def test_that_a_paused_one_lets_the_others_by() -> None:
    found = (entry(1, "running"), entry(2, "paused"), entry(3))
    assert starts(found, 0) == {3: 600}
    assert [row.cells["place"] for row in queue_rows(look_of(*found))] == ["▶", "–", "3"]


def test_that_rows_say_how_far_and_when() -> None:
    told = Progress(done=25, total=100, unit="step", eta_s=90)
    rows = queue_rows(look_of(entry(1, "running", None), entry(2, minutes=None), progress={1: told}))
    assert (rows[0].percent, rows[0].cells["time"], rows[0].cells["state"]) == (25, "1:30 left", "Running")
    assert rows[0].said == "Train 0001-train, Running 25 %, 1:30 left"
    second = queue_rows(look_of(entry(1, "running"), entry(2)))[1]
    assert second.cells["time"] == "starts in about 10 min"
    assert queue_rows(look_of(entry(1), paused=True))[0].cells["time"] == "the queue is paused"


def test_that_only_what_rests_moves_and_only_what_can_is_paused() -> None:
    states = ("running", "waiting", "paused", "refused", "stopping")
    rows = queue_rows(look_of(*(entry(number, state) for number, state in enumerate(states, start=1))))
    able = {row.number: (row.can_up, row.can_down, row.can_pause, row.can_go_on, row.can_cancel) for row in rows}
    assert able == {
        1: (False, False, True, False, True),
        2: (False, True, True, False, True),
        3: (True, True, False, True, True),
        4: (True, False, False, True, True),
        5: (False, False, False, False, False),
    }


def test_that_every_kind_of_job_has_a_name() -> None:
    schema = TypeAdapter(Job).json_schema()
    kinds = list(schema["discriminator"]["mapping"])
    assert "train" in kinds and "fit" in kinds
    assert [kind for kind in kinds if f"studio.queue.kind_{kind}" not in sentences()] == []


def test_that_one_line_sums_it_up() -> None:
    assert summary(QueueLook()) == "Nothing computes"
    found = look_of(entry(1, "running"), entry(2), entry(3), entry(4, "paused"))
    assert summary(found) == "1 at work · 2 wait · 1 paused · about 30 min in all"
    assert summary(look_of(entry(2), paused=True), short=True) == "1 waits · queue paused"


def test_that_times_are_as_one_guesses_them() -> None:
    told = [about(seconds) for seconds in (10, 40, 1500, 3600, 7801, 90_000)]
    assert told == [
        "less than a minute", "about 1 min", "about 25 min", "about 1 h", "about 2 h 10 min", "about 1 d 1 h",
    ]  # fmt: skip
    assert waiting_line(Waiting(2, 720, "waiting")) == "Waits, 2 before it, starts in about 12 min"
    assert waiting_line(Waiting(2, None, "waiting")) == "Waits, 2 before it"
    assert waiting_line(Waiting(0, 0, "waiting")) == "Waits, starts next"
    assert waiting_line(Waiting(3, None, "paused")) == "Paused in the queue"


def test_that_the_time_before_the_start_names_by_what_it_is_told() -> None:
    assert before_words(None, 0) == ""
    assert before_words(Left(1400, 1600, run="0003-base"), 0) == "about 25 min on this machine, by 0003-base"
    assert before_words(Left(50, 70), 2) == "about 1 min on this machine; 2 jobs of the queue first"


def test_that_news_say_what_ended_and_what_is_left() -> None:
    title, text = news_words(News(entry(1, "running"), "failed", 754), 2)
    assert (title, text) == ("Failed: Train 0001-train", "p, after 12:34. 2 still in the queue.")


def test_that_meters_tell_ours_from_others() -> None:
    usage = Usage(0.99, 0.96, 15 * GB, 4 * GB, 16 * GB)
    cpu, memory, gpu = meters(usage, [GpuUsage(0.5, GB, 8 * GB)])
    assert (cpu.text, cpu.tip) == ("99 %", "Processor: 99 % of all cores busy, ours 96 %, others 3 %")
    assert memory.scarce and memory.text == "94 %" and "about 4.0 GB by us" in memory.tip
    assert (gpu.name, gpu.text, gpu.ours) == ("GPU", "50 %", 0.0), "whose work it is nobody tells"
    assert [meter.name for meter in meters(Usage(None, None, GB, 0, 16 * GB), ())] == ["Memory"]
