"""How long a recipe trains: lengths by the base's training, and what a recovery does without being told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.contract.project import DetectorChoice
from engine.contract.recipe import RECOVERY_SCHEDULE, PlannedJob, Recipe, Step
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.detector.base.header import HEADER, CheckpointInfo, Position
from engine.recipe.plan import plan, with_epochs
from engine.recipe.recovery import BaseTraining, base_training, recovery_settings

SSD = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("a",))


def planned(*steps: tuple[str, dict[str, object]], base: int | None = 49) -> list[PlannedJob]:
    made = tuple(Step(technique=key, params=params) for key, params in steps)
    return plan(Recipe(name="test", steps=made), SSD, base_epochs=base)


@pytest.mark.parametrize(
    ("recovery", "base", "epochs"),
    [
        ("short", 49, 13),
        ("short", 5, 3),
        ("short", None, 5),
        ("base", 49, 49),
        ("base", None, 20),
        ("twice", 49, 98),
        ("own", 49, 20),
    ],
)
def test_that_a_recovery_is_as_long_as_its_name_says(recovery: str, base: int | None, epochs: int) -> None:
    (job,) = planned(("filter_prune", {"recovery": recovery}), base=base)
    assert (job.epochs, job.recovery, job.base_epochs, job.recovers) == (epochs, recovery, base, True)
    assert job.alongside == (RECOVERY_SCHEDULE,)


def test_that_a_recipe_that_only_prunes_recovers_as_long_as_the_base_and_by_a_schedule() -> None:
    (job,) = planned(("filter_prune", {}))
    assert (job.epochs, job.recovers, job.alongside) == (49, True, (RECOVERY_SCHEDULE,))
    assert [step.technique for step in job.steps] == ["filter_prune"]


def test_that_a_schedule_in_the_recipe_wins() -> None:
    (job,) = planned(("filter_prune", {}), ("lr_schedule", {"kind": "constant"}))
    assert (job.epochs, job.alongside) == (49, ())


def test_that_an_old_recipe_with_epochs_means_what_it_meant() -> None:
    (job,) = planned(("filter_prune", {"epochs": 9}), ("distill", {}))
    assert (job.epochs, job.recovery, job.recovers, job.alongside) == (20, "own", False, ())
    (job,) = planned(("filter_prune", {"epochs": 0}))
    assert (job.epochs, job.recovers, job.alongside) == (0, False, ())


def test_that_a_step_that_says_no_length_leaves_it_to_the_one_that_does() -> None:
    (job,) = planned(("filter_prune", {"recovery": "short"}), ("distill", {}))
    assert (job.epochs, job.recovery) == (13, "short")
    (job,) = planned(("filter_prune", {"recovery": "own", "epochs": 7}), ("distill", {}))
    assert (job.epochs, job.recovery, job.recovers) == (7, "own", True)


def test_that_quantising_afterwards_keeps_its_own_length_and_follows_the_schedule_of_the_recovery() -> None:
    first, second = planned(("filter_prune", {}), ("quant_aware", {"epochs": 5}))
    assert (first.epochs, second.epochs, second.recovers) == (49, 5, False)
    assert first.alongside == second.alongside == (RECOVERY_SCHEDULE,)
    (alone,) = planned(("quant_aware", {}))
    assert (alone.epochs, alone.recovers, alone.alongside) == (20, False, ())


def test_that_a_length_given_for_all_is_no_recovery_by_name() -> None:
    (job,) = with_epochs(planned(("filter_prune", {})), 2)
    assert (job.epochs, job.recovery, job.recovers) == (2, "own", True)


def make_run(
    runs: Path, name: str, *, start: str | None, asked: int, done: int | None, rate: float, **job: Any
) -> Path:
    """A run of the tree that trained `done` epochs, or whose checkpoint is gone."""
    run = runs / name
    (run / "checkpoints").mkdir(parents=True)
    settings = TrainSettings(epochs=asked, learning_rate=rate)
    made = TrainJob(choice=SSD, index="index", start=start, settings=settings, **job)
    (run / "job.json").write_text(made.model_dump_json())
    if done is not None:
        told = CheckpointInfo(choice=SSD, position=Position(epoch=done))
        file = run / "checkpoints" / "last.safetensors"
        save_file({"model.a": np.zeros(1, np.float32)}, file, metadata={HEADER: told.model_dump_json()})
    return run


def test_that_the_base_is_what_was_really_trained_in_all_its_sittings_until_weights_came_from_outside(
    tmp_path: Path,
) -> None:
    start = make_run(tmp_path, "0001-start", start="/elsewhere/w.pdparams", asked=24, done=11, rate=1e-3)
    base = make_run(tmp_path, "0002-base", start=str(start), asked=25, done=25, rate=1e-4)
    assert base_training(base) == BaseTraining(36, 1e-3)
    # Neither the recovery from a cut nor a project that was moved meanwhile makes the base another.
    cut = (Step(technique="filter_prune"),)
    pruned = make_run(tmp_path, "0003-cut", start="/moved/runs/0002-base", asked=40, done=40, rate=2e-3, steps=cut)
    assert base_training(pruned) == BaseTraining(36, 1e-3)
    assert base_training(base / "checkpoints" / "last.safetensors") is None


def test_that_a_run_tells_what_it_was_asked_where_its_checkpoint_does_not(tmp_path: Path) -> None:
    run = make_run(tmp_path, "0001-base", start=None, asked=7, done=None, rate=1e-3)
    assert base_training(run) == BaseTraining(7, 1e-3)
    untrained = make_run(tmp_path, "0002-base", start=None, asked=0, done=0, rate=1e-3)
    assert base_training(untrained) is None


@pytest.mark.parametrize(("pictures", "ema"), [(205, 0.99), (8000, 0.999), (10**6, 0.9998)])
def test_that_a_recovery_averages_weights_and_restarts_at_the_full_rate(pictures: int, ema: float) -> None:
    (job,) = planned(("filter_prune", {}))
    settings, base = TrainSettings(learning_rate=1e-4, batch_size=8), BaseTraining(49, 1e-3)
    found = recovery_settings(settings, job, base, pictures, ())
    assert (found.ema, found.learning_rate) == (ema, 1e-3)
    assert recovery_settings(settings, job, base, pictures, ("ema", "learning_rate")) == settings
    assert recovery_settings(settings.model_copy(update={"ema": 0.5}), job, base, pictures, ()).ema == 0.5
    assert recovery_settings(settings, job.model_copy(update={"recovers": False}), base, pictures, ()) == settings
