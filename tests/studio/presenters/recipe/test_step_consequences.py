"""A card says after which training it is seen what its step does."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract.catalog import TechniqueCard
from engine.contract.recipe import PlannedJob, Step
from studio.presenters.recipe.step_consequences import job_titles, length_text, seen_after


def card(phase: str, trains: bool, epochs: int | None = None) -> TechniqueCard:
    fields: dict[str, Any] = {} if epochs is None else {"epochs": {"default": epochs}}
    texts = {"en": "", "zh": ""}
    return TechniqueCard(
        key="x", title=texts, summary=texts, phase=phase, trains=trains, families=None,
        parameters={"properties": fields}, published=(),
    )  # fmt: skip


STEP = Step(technique="x")
OTHER = Step(technique="other")


@pytest.mark.parametrize(
    ("phase", "trains", "jobs", "text"),
    [
        ("train", True, (PlannedJob(label="a", steps=(STEP,), epochs=6),), "Seen after its training: 6 epochs."),
        ("train", True, (PlannedJob(label="a", steps=(STEP,), epochs=1),), "Seen after its training: 1 epoch."),
        ("train", True, (), "Seen after its training: 20 epochs."),
        ("quantise", False, (PlannedJob(label="a", steps=(STEP,)),), ""),
        ("schedule", False, (PlannedJob(label="a", steps=(STEP,)),), "Acts in no training yet"),
        (
            "schedule",
            False,
            (PlannedJob(label="a", alongside=(STEP,), epochs=3),),
            "Seen after its training: 3 epochs.",
        ),
        ("quantise", True, (PlannedJob(label="a", steps=(STEP,)),), "Set to no epochs"),
        ("prune", True, (PlannedJob(label="a", steps=(STEP,), epochs=6),), "What it costs is seen at once"),
    ],
)
def test_that_it_goes_by_the_run_in_which_the_step_acts(
    phase: str, trains: bool, jobs: tuple[PlannedJob, ...], text: str
) -> None:
    told = seen_after(card(phase, trains, 20 if trains else None), STEP, jobs)
    assert told.startswith(text) and bool(told) == bool(text)


def test_that_epochs_of_runs_before_are_told_too_and_a_step_that_is_off_tells_nothing() -> None:
    jobs = (PlannedJob(label="a", steps=(OTHER,), epochs=6), PlannedJob(label="b", steps=(STEP,), epochs=4))
    told = seen_after(card("quantise", True, 20), STEP, jobs)
    assert "4 epochs" in told and "6 epochs" in told
    assert seen_after(card("quantise", True, 20), STEP.model_copy(update={"enabled": False}), jobs) == ""
    assert seen_after(card("schedule", False), STEP, ()) == "Seen after the training of the recipe."


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"epochs": 0}, "no training"),
        ({"epochs": 6}, "6 epochs of training"),
        ({"epochs": 49, "recovery": "base", "base_epochs": 49}, "49 epochs of training, as long as the base"),
        ({"epochs": 13, "recovery": "short", "base_epochs": 49}, "13 epochs of training, a quarter of the base's 49"),
        ({"epochs": 98, "recovery": "twice", "base_epochs": 49}, "98 epochs of training, twice the base's 49"),
        ({"epochs": 20, "recovery": "base"}, "20 epochs of training: how long the base was trained is not known"),
    ],
)
def test_that_a_run_tells_by_what_its_length_is_measured(given: dict[str, Any], text: str) -> None:
    assert length_text(PlannedJob(label="compress", **given)) == text


def test_that_rounds_are_numbered_and_a_step_in_rounds_is_done_with_the_last() -> None:
    whole = Step(technique="a", params={"rounds": 2})
    first, last = (
        whole.model_copy(update={"params": whole.params | {"kept": {"x": left}, **more}})
        for left, more in ((2, {"round": 1}), (1, {}))
    )
    jobs = (
        PlannedJob(label="a-1", steps=(first,), epochs=6, brief=True),
        PlannedJob(label="a", steps=(last,), epochs=20),
        PlannedJob(label="int8", steps=(Step(technique="b"),)),
    )
    assert job_titles(jobs, str.upper) == ["A, round 1 of 2", "A, round 2 of 2", "B"]
    told = seen_after(card("prune", True, 20), whole, jobs)
    assert "20 epochs" in told and "6 epochs" in told


def test_that_a_length_by_the_base_is_not_told_before_the_base_is_known() -> None:
    fields = {"recovery": {"default": "base"}, "epochs": {"default": 20}}
    by_base = card("prune", True).model_copy(update={"parameters": {"properties": fields}})
    assert "20" not in seen_after(by_base, Step(technique="a"), ())
    assert "7 epochs" in seen_after(by_base, Step(technique="a", params={"epochs": 7}), ())
