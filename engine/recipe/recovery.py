"""How long a recipe trains, and how: lengths by the base's training, and settings that a recovery does best with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from engine.contract.recipe import PlannedJob, Recovery, Step
from engine.contract.run.folder import RunFolder, checkpoint_of
from engine.contract.run.job import TrainJob
from engine.contract.run.lineage import training_of
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError
from engine.detector.base.header import read_info
from engine.recipe.registry import techniques
from engine.technique.base import Phase, Technique

FEWEST_AVERAGED, MOST_AVERAGED = 100, 5000
"""Optimiser steps over which weights are averaged at least and at most."""


class Length(NamedTuple):
    """Epochs of a training, what they were asked as, and whether it is a recovery."""

    epochs: int
    recovery: Recovery = "own"
    recovers: bool = False


class BaseTraining(NamedTuple):
    """How long and at which highest rate a run was trained before anything was cut of it."""

    epochs: int
    rate: float


def length_of(pairs: Sequence[tuple[Step, Technique]], base: int | None) -> Length:
    """The length of the training of these steps: the longest of those that say one, else of all.

    Where epochs are told and no recovery, it is an old recipe, which means what it meant: a step without a length has
    its technique's own epochs, and nothing else changes.
    """
    training = [(step.params.keys(), technique.params) for step, technique in pairs if technique.trains]
    said = any("recovery" in given for given, _ in training)
    if not said and any("epochs" in given for given, _ in training):
        return Length(max(params.epochs for _, params in training))
    counted = [params for given, params in training if not said or {"recovery", "epochs"} & given]
    if not counted:
        return Length(0)
    longest = max(counted, key=lambda params: int(params.length(base)))
    epochs = longest.length(base)
    recovers = said or any(params.recovery != "own" for params in counted)
    return Length(epochs, longest.recovery, bool(epochs) and recovers)


def base_training(start: Path) -> BaseTraining | None:
    """How the run `start` was trained, with all that it was made from until weights came from outside.

    What was really trained counts, also of a training that stopped early. What was trained to recover from a cut or to
    quantise does not: else each compression of a compressed run would be longer than the one before. None where nothing
    was trained, or nothing is known of it.
    """
    epochs, rate = 0, 0.0
    seen: set[Path] = set()
    here: Path | None = start
    while here is not None and here not in seen:
        seen.add(here)
        job = training_of(here)
        if job is None:
            break
        if not _recovered(job) and (done := _trained(here, job)):
            epochs, rate = epochs + done, max(rate, job.settings.learning_rate)
        here = _run_of(job.start, here)
    return BaseTraining(epochs, rate) if epochs else None


def recovery_settings(
    settings: TrainSettings, planned: PlannedJob, base: BaseTraining | None, pictures: int, fixed: Collection[str]
) -> TrainSettings:
    """The settings with the base's highest rate and averaged weights, if the job recovers and they are not fixed.

    Weights are averaged over about an epoch of batches, but over a hundred steps at least, which is a decay of 0.99.
    """
    if not planned.recovers:
        return settings
    given: dict[str, float] = {}
    if base is not None and "learning_rate" not in fixed:
        given["learning_rate"] = max(base.rate, settings.learning_rate)
    if not settings.ema and "ema" not in fixed:
        steps = pictures // settings.batch_size
        given["ema"] = round(1 - 1 / min(max(steps, FEWEST_AVERAGED), MOST_AVERAGED), 4)
    return settings.model_copy(update=given)


def _recovered(job: TrainJob) -> bool:
    known = techniques()
    phases = {known[step.technique].phase for step in job.steps if step.technique in known}
    return bool(phases & {Phase.PRUNE, Phase.QUANTISE})


def _run_of(start: str | None, child: Path) -> Path | None:
    """The folder of the run that a run started from; None for weights from outside. Projects may have been moved."""
    if start is None:
        return None
    path = Path(start)
    run = path.parent.parent if path.parent.name == "checkpoints" else path
    beside = child.parent / run.name
    return next((found for found in (run, beside) if RunFolder(found).job.is_file()), None)


def _trained(run: Path, job: TrainJob) -> int:
    """Whole epochs that a run has trained; as it was asked where no checkpoint tells."""
    last = run / "checkpoints" / "last.safetensors"
    try:
        file = last if last.is_file() else checkpoint_of(run)
        return _epoch_of(file, file.stat().st_mtime_ns)
    except (UserError, OSError):
        return job.settings.epochs


@lru_cache(maxsize=256)
def _epoch_of(checkpoint: Path, _changed: int) -> int:
    return read_info(checkpoint).position.epoch
