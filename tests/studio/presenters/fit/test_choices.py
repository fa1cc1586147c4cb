"""What a person asks of a fit, as it is remembered, and the job that it becomes."""

from __future__ import annotations

from pathlib import Path

from engine.contract.fit.job import trials_at_once
from studio.presenters.fit.choices import FitChoices, counted_base, job_of, proposed_of, question_of, read_choices
from tests.studio.stores.told_runs import figure

PROJECT, RUN = Path("p"), Path("p/runs/0001-base")


def test_that_only_what_is_ticked_is_asked_for() -> None:
    asked = FitChoices(on=("ms", "points"), values={"ms": 8.0, "points": 1.5, "mb": 3.0})
    job = job_of(asked, PROJECT, RUN, None)
    assert (job.ms, job.points, job.mb, job.macs, job.hours) == (8.0, 1.5, None, None, None)
    assert (job.phone, job.threads, job.device, job.epochs) == ("SD855", 4, None, None)
    assert job.at_once == trials_at_once()
    assert job_of(asked, PROJECT, RUN, "R5CT1").device == "R5CT1"


def test_that_without_a_time_no_phone_is_named() -> None:
    job = job_of(FitChoices(on=("macs",), values={"macs": 25.0}, epochs=3), PROJECT, RUN, "R5CT1")
    assert (job.ms, job.phone, job.device, job.threads, job.macs, job.epochs) == (None, None, None, 1, 0.25, 3)


def test_that_this_machine_needs_no_device() -> None:
    job = job_of(FitChoices(phone="host", threads=1), PROJECT, RUN, "R5CT1")
    assert job.on_host and job.device is None and job.ms == 10.0


def test_that_choices_are_read_back_and_odd_ones_forgotten() -> None:
    asked = FitChoices(phone="host", on=("mb",), values={"mb": 3.0}, trials=2)
    assert read_choices(asked.model_dump(mode="json")) == asked
    assert read_choices({"trials": 0}) == read_choices(None) == FitChoices()
    assert read_choices({"phone": "of yesterday", "threads": 2}) == FitChoices(threads=2)


def test_that_the_making_of_boxes_is_left_out_of_what_is_proposed_to_go() -> None:
    assert [proposed_of(base, 0.0) for base in (12.34, 4.52, 0.01)] == [7.4, 2.7, 0.01]
    assert [proposed_of(4.52, boxes) for boxes in (0.44, 1.0)] == [3.5, 4.5]
    asked = FitChoices()
    assert question_of("0001-base", asked) != question_of("0001-base", asked.model_copy(update={"threads": 1}))


def test_that_the_upper_end_of_an_estimate_counts() -> None:
    guess = figure("phone_ms", 4.0, "ms", "estimated").model_copy(update={"low": 3.0, "high": 5.0})
    assert counted_base(guess) == 5.0 and counted_base(figure("host_ms_total", 4.0, "ms")) == 4.0
