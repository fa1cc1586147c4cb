"""A card says after which training it is seen what its step does."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract.catalog import TechniqueCard
from engine.contract.recipe import PlannedJob, Step
from studio.presenters.recipe.step_consequences import seen_after


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
