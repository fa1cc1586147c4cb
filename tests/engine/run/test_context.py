"""What a job tells through its context, and when it hears that it should stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine.contract.run.events import Artifact, Event, Finished, Metric, Notice, Picture, Progress, Stage
from engine.contract.run.tail import EventTail
from engine.contract.text.messages import Cancelled
from engine.run.context import CANCEL_INTERVAL_S, JobContext
from engine.run.stream import EventWriter


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def context(tmp_path: Path, events: list[Event]) -> JobContext:
    return JobContext(tmp_path, events.append)


def test_that_progress_is_thinned_but_its_last_is_told(context: JobContext, events: list[Event]) -> None:
    context.stage("test.first")
    for done in range(1000):
        context.progress(done, 1000, "pictures")
    context.stage("test.second")
    told = [event for event in events if isinstance(event, Progress)]
    assert len(told) < 100
    assert told[0].done == 0
    assert told[-1].done == 999  # held back, then told before the next stage
    assert isinstance(events[-1], Stage)
    context.progress(3, 3, "pictures")
    context.progress(3, 3, "pictures")
    assert sum(isinstance(event, Progress) and event.done == 3 for event in events) == 2
    context.counter("boxes")(4, 4)
    last = events[-1]
    assert isinstance(last, Progress) and (last.done, last.total, last.unit) == (4, 4, "boxes")


def test_that_the_time_left_counts_only_what_this_sitting_did(context: JobContext, events: list[Event]) -> None:
    context.progress(90, 100, "steps")
    time.sleep(0.3)
    context.progress(95, 100, "steps")
    first, second = (event for event in events if isinstance(event, Progress))
    assert first.eta_s is None
    assert second.eta_s is not None and 0.2 < second.eta_s < 30


def test_that_paths_are_told_relative_to_the_run_folder(context: JobContext, events: list[Event]) -> None:
    (context.run_dir / "images").mkdir()
    picture = context.run_dir / "images" / "a.png"
    picture.write_bytes(b"12345")
    context.picture(picture, "prediction")
    context.artifact("picture", Path("images/a.png"))
    outside = context.run_dir.parent / "model.nb"
    outside.write_bytes(b"1")
    context.artifact("model", outside)
    assert events[0] == Picture(path="images/a.png", role="prediction")
    assert events[1] == Artifact(kind="picture", path="images/a.png", bytes=5)
    assert events[2] == Artifact(kind="model", path=str(outside.resolve()), bytes=1)


def test_that_a_curve_takes_only_finite_numbers(context: JobContext, events: list[Event]) -> None:
    for step, value in enumerate((1.0, float("nan"), float("inf"), 2.0)):
        context.metric("loss", step, value)
    assert [event.step for event in events if isinstance(event, Metric)] == [0, 3]
    assert [event.message.args["step"] for event in events if isinstance(event, Notice)] == [1]


def test_that_a_job_cannot_end_its_run(context: JobContext) -> None:
    with pytest.raises(ValueError, match="finished"):
        context.emit(Finished())


def test_that_both_the_file_and_the_signal_cancel(tmp_path: Path) -> None:
    asked = threading.Event()
    context = JobContext(tmp_path, lambda _: None, stop_asked=asked.is_set)
    context.check_cancelled()
    asked.set()
    with pytest.raises(Cancelled):
        context.check_cancelled()
    asked.clear()
    context.folder.cancel.touch()
    time.sleep(0.06)
    with pytest.raises(Cancelled):
        context.check_cancelled()
    asked.set()
    with pytest.raises(Cancelled):
        context.counter("picture")(1, 2)


def test_that_resuming_needs_a_checkpoint_of_an_earlier_sitting(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    assert not JobContext(tmp_path, lambda _: None, sitting=2).resuming
    (tmp_path / "checkpoints" / "last.safetensors").touch()
    assert JobContext(tmp_path, lambda _: None, sitting=2).resuming
    assert not JobContext(tmp_path, lambda _: None, sitting=1).resuming


def test_that_many_threads_write_whole_lines_in_order(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventWriter(path) as stream:
        context = JobContext(tmp_path, stream.emit)

        def tell(name: str) -> None:
            for step in range(100):
                context.metric(name, step, 1.0)

        threads = [threading.Thread(target=tell, args=(f"curve{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    events = EventTail(path).read()
    assert [event.seq for event in events] == list(range(800))


def test_that_work_ends_whose_folder_was_moved_or_deleted(context: JobContext) -> None:
    context.check_cancelled()
    context.run_dir.rename(context.run_dir.with_name("elsewhere"))
    time.sleep(CANCEL_INTERVAL_S)
    with pytest.raises(Cancelled):
        context.check_cancelled()
