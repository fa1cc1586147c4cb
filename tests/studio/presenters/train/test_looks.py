"""What a training saw on its watched pictures: looks in order, counts against what is there, reasons for none."""

from __future__ import annotations

import pytest

from engine.contract.dataset import Box, Picture
from engine.contract.project import DetectorChoice
from engine.contract.run.events import Artifact
from engine.contract.run.findings.watched import Watched, WatchedBox, WatchedPicture
from engine.contract.run.folder import Status
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.state import RunState
from studio.presenters.train.looks import frames_of, looks_of, nothing_watched

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("stop", "yield"))


def test_that_looks_are_in_the_order_of_their_steps() -> None:
    told = [Artifact(seq=n, kind="watched", path=f"watched/{step:06}.json", bytes=1) for n, step in enumerate((40, 20))]
    other = Artifact(seq=9, kind="checkpoint", path="checkpoints/best.safetensors", bytes=1)
    looks = looks_of(RunState(artifacts=(*told, other)))
    assert [(look.step, look.told) for look in looks] == [(20, 1), (40, 0)]


def test_that_boxes_are_counted_against_what_is_there() -> None:
    found = [
        WatchedBox(label="stop", score=0.9, box=(0, 0, 10, 10)),
        WatchedBox(label="yield", score=0.8, box=(20, 20, 30, 30)),
        WatchedBox(label="stop", score=0.2, box=(40, 40, 50, 50)),
    ]
    picture = Picture(1, "/new/a.png", 64, 48, "val", "d1", (Box(0, 0, 0, 10, 11), Box(0, 40, 40, 50, 50)))
    watched = Watched(
        epoch=1,
        step=20,
        pictures=(
            WatchedPicture(digest="d1", path="/old/a.png", boxes=tuple(found)),
            WatchedPicture(digest="gone", path="/old/b.png"),
        ),
    )
    known, gone = frames_of(watched, [picture], CHOICE.classes)
    assert known.path == "/new/a.png" and known.size == (64, 48)
    assert known.counts(0.5) == (2, 1, 2) and known.counts(0.1) == (3, 2, 2)
    assert gone.path == "/old/b.png" and gone.size is None and gone.counts(0.5) == (0, 0, 0)


@pytest.mark.parametrize(
    ("epochs", "every", "scores", "status", "code"),
    [
        (0, 1, (), "finished", "watched_no_epochs"),
        (4, 0, (), "finished", "watched_no_evaluations"),
        (4, 1, (), "running", "watched_soon"),
        (4, 1, (), "queued", "watched_soon"),
        (4, 1, ((5, 1.0),), "finished", "watched_before"),
        (4, 1, (), "cancelled", "watched_ended"),
    ],
)
def test_that_a_reason_is_told_where_there_is_nothing(
    epochs: int, every: int, scores: tuple[tuple[int, float], ...], status: Status, code: str
) -> None:
    job = TrainJob(choice=CHOICE, index="x", settings=TrainSettings(epochs=epochs, evaluate_every=every))
    state = RunState(metrics={"map": scores} if scores else {})
    assert nothing_watched(job, state, status) == f"studio.train.{code}"
