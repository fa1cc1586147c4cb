"""What the runs of a recipe are asked: the settings of the start, and what a recovery does best with unless fixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.contract.project import ProjectFolder
from engine.contract.recipe import RECOVERY_SCHEDULE, Recipe, Step
from engine.contract.run.job import RecipeJob, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.detector.base.header import HEADER, CheckpointInfo, Position
from engine.recipe.application import application

PRUNE = Step(technique="filter_prune", params={"criterion": "l1", "ratio": 0.5})


@pytest.fixture
def start(project: ProjectFolder) -> Path:
    """A run that was asked for nine epochs at a rate of its own and stopped after seven."""
    choice = project.load().detector
    settings = TrainSettings(epochs=9, batch_size=4, learning_rate=2e-3, stop_after=3, threads=1)
    run = project.new_run("base")
    (run / "checkpoints").mkdir()
    (run / "job.json").write_text(TrainJob(choice=choice, index="", settings=settings).model_dump_json())
    told = CheckpointInfo(choice=choice, position=Position(epoch=7))
    file = run / "checkpoints" / "last.safetensors"
    save_file({"model.a": np.zeros(1, np.float32)}, file, metadata={HEADER: told.model_dump_json()})
    return run


def asked(project: ProjectFolder, start: Path, *steps: Step, **given: Any) -> list[TrainJob]:
    recipe = Recipe(name="test", steps=steps)
    applied = application(RecipeJob(project=str(project.root), recipe=recipe, start=str(start), **given), start)
    return [applied.training(number, start, "task") for number in range(1, len(applied.planned) + 1)]


def test_that_a_recipe_that_only_prunes_recovers_by_itself(project: ProjectFolder, start: Path) -> None:
    (job,) = asked(project, start, PRUNE)
    assert (job.settings.epochs, job.settings.learning_rate, job.settings.ema) == (7, 2e-3, 0.99)
    assert (job.settings.stop_after, job.steps, job.alongside) == (0, (PRUNE,), (RECOVERY_SCHEDULE,))


def test_that_what_a_person_set_stays(project: ProjectFolder, start: Path) -> None:
    settings = TrainSettings(learning_rate=1e-4, batch_size=4)
    (job,) = asked(project, start, PRUNE, settings=settings, fixed=("learning_rate",))
    assert (job.settings.learning_rate, job.settings.ema) == (1e-4, 0.99)
    # Jobs of earlier versions name nothing: all that they give was meant.
    (job,) = asked(project, start, PRUNE, settings=settings, epochs=2)
    assert (job.settings.epochs, job.settings.learning_rate, job.settings.ema) == (2, 1e-4, 0.0)


def test_that_an_old_recipe_trains_as_it_did(project: ProjectFolder, start: Path) -> None:
    (job,) = asked(project, start, PRUNE.model_copy(update={"params": PRUNE.params | {"epochs": 5}}))
    assert (job.settings.epochs, job.settings.ema, job.alongside) == (5, 0.0, ())


def test_that_each_round_is_a_run_with_its_own_counts(project: ProjectFolder, start: Path) -> None:
    rounds = PRUNE.model_copy(update={"params": PRUNE.params | {"rounds": 2, "round_epochs": 1}})
    first, last = asked(project, start, rounds, Step(technique="distill"))
    assert [job.settings.epochs for job in (first, last)] == [1, 7]
    assert [job.settings.learning_rate for job in (first, last)] == [2e-3, 2e-3]
    assert [[step.technique for step in job.steps] for job in (first, last)] == [
        ["filter_prune", "distill"],
        ["filter_prune"],
    ]
    kept = [job.steps[0].params["kept"] for job in (first, last)]
    assert all(0 < kept[1][name] <= kept[0][name] for name in kept[0])
