"""How far a run is: epochs, times and the latest values are read off what it told."""

from __future__ import annotations

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.run.events import Finished, Progress
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.state import RunState, fold
from studio.presenters.numbers import shown_value
from studio.presenters.train.standing import going_on, standing, steps_per_epoch
from tests.studio.stores.told_runs import EPOCHS, STEPS, training_events

JOB = TrainJob(
    choice=DetectorChoice(key="any", size=96, classes=("stop",)), index="-", settings=TrainSettings(epochs=EPOCHS)
)


def told(count: int | None = None) -> RunState:
    events = training_events((), Finished())
    chosen = events if count is None else events[:count]
    stamped = [event.model_copy(update={"seq": place, "time": float(place)}) for place, event in enumerate(chosen)]
    return fold(stamped)


def test_that_nothing_is_known_before_the_first_event() -> None:
    now = standing(JOB, RunState(), "running", 100.0)
    assert (now.percent, now.epoch, now.left_s, now.loss) == (None, None, None, None)
    assert now.epochs == EPOCHS


def test_that_the_clock_goes_on_between_two_events() -> None:
    state = told(30)
    end = state.sittings[-1].until
    before, after = (standing(JOB, state, "running", end + wait) for wait in (0.0, 3.0))
    assert after.elapsed_s == before.elapsed_s + 3
    assert before.left_s is not None and after.left_s == before.left_s - 3
    assert standing(JOB, state, "lost", end + 100).elapsed_s == before.elapsed_s


def test_that_epochs_are_counted_from_one_to_the_last() -> None:
    seen = {standing(JOB, told(count), "running", 0.0).epoch for count in range(6, 80)}
    assert seen == {1, 2, 3, 4}


def test_that_a_finished_run_knows_its_epochs_although_its_progress_is_over() -> None:
    state = told()
    now = standing(JOB, state.model_copy(update={"progress": None}), "finished", 0.0)
    assert (now.percent, now.epoch, now.score) == (100.0, EPOCHS, 20.0)
    assert steps_per_epoch(JOB, state.model_copy(update={"progress": None})) == STEPS / EPOCHS


@pytest.mark.parametrize(("value", "text"), [(12.345, "12.35"), (0.83412, "0.8341"), (0.001, "1.0e-03"), (0.0, "0")])
def test_that_values_of_curves_are_short(value: float, text: str) -> None:
    assert shown_value(value) == text


def test_that_a_running_job_never_stands_at_its_end() -> None:
    """While it calibrated, a bar stood at 100 % with 0:00 left for minutes: all pictures had been measured."""
    state = told(6).model_copy(update={"progress": Progress(done=150, total=150, unit="picture", eta_s=0.0)})
    now = standing(JOB, state, "running", 0.0)
    assert (now.percent, now.left_s) == (None, None)
    assert standing(JOB, state, "cancelled", 0.0).percent == 100.0


def test_that_a_count_that_stands_at_its_end_is_no_bar() -> None:
    going = Progress(done=3, total=4, unit="picture", eta_s=1.0)
    assert going_on(going) is going
    assert going_on(going.model_copy(update={"done": 4, "eta_s": 0.0})) is None and going_on(None) is None
