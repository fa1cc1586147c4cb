"""The best mAP and the last: what the trainer keeps weights of, and when it was measured."""

from __future__ import annotations

from pathlib import Path

from engine.contract.figures import Conditions, Figure
from engine.contract.project import DetectorChoice
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.state import RunState
from studio.presenters.train.scores import Score, best_and_last

JOB = TrainJob(
    choice=DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("stop",)),
    index=str(Path("index.sqlite")),
    settings=TrainSettings(epochs=6, evaluate_every=2),
)


def told(*scores: tuple[int, float], before: float | None = None) -> RunState:
    figures: tuple[Figure, ...] = ()
    if before is not None:
        conditions = Conditions(split="val")
        figures = (Figure(name="map", value=before, unit="points", source="measured", conditions=conditions),)
    return RunState(metrics={"map": scores}, figures={"transformed": figures} if figures else {})


def test_that_the_best_and_the_last_are_told_with_their_epochs() -> None:
    state = told((20, 41.0), (40, 44.0), (60, 43.0))
    assert best_and_last(JOB, state) == (Score(44.0, 4), Score(43.0, 6))


def test_that_of_equals_the_first_is_the_best() -> None:
    best, last = best_and_last(JOB, told((20, 44.0), (40, 44.0)))
    assert best == Score(44.0, 2) and last == Score(44.0, 4)


def test_that_a_training_that_only_makes_worse_is_best_before_it() -> None:
    best, last = best_and_last(JOB, told((20, 41.0), before=50.0))
    assert best == Score(50.0, 0) and last == Score(41.0, 2)


def test_that_the_start_does_not_count_where_nothing_is_evaluated() -> None:
    job = JOB.model_copy(update={"settings": TrainSettings(epochs=6, evaluate_every=0)})
    assert best_and_last(job, told(before=50.0)) == (None, None)


def test_that_without_scores_there_is_neither() -> None:
    assert best_and_last(JOB, RunState()) == (None, None)
