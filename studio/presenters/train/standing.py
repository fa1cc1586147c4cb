"""How far a run is, as numbers: read off its job, its state and the clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.contract.run.events import Progress
from engine.contract.run.folder import Status
from engine.contract.run.job import Job, TrainJob
from engine.contract.run.state import RunState

STEP_UNITS = ("step", "steps")


@dataclass(frozen=True)
class Standing:
    """`percent` of the current stage; epochs of the whole run; times in seconds; the latest values of curves."""

    percent: float | None = None
    epoch: int | None = None
    epochs: int | None = None
    elapsed_s: float = 0.0
    left_s: float | None = None
    loss: float | None = None
    rate: float | None = None
    score: float | None = None


def standing(job: Job | None, state: RunState, status: Status, now: float) -> Standing:
    """The standing at `now` (seconds since 1970); between events the clock goes on while the run does."""
    epochs = job.settings.epochs if isinstance(job, TrainJob) else None
    silence = max(0.0, now - state.sittings[-1].until) if status == "running" and state.sittings else 0.0
    progress = state.progress
    # What is done while the run goes on says nothing of what comes next: no bar that stands at its end.
    left = progress.eta_s if progress and not _all_done(state, status) else None
    return Standing(
        percent=_percent(state, status),
        epoch=_epoch(job, state),
        epochs=epochs,
        elapsed_s=state.elapsed_s + silence,
        left_s=max(0.0, left - silence) if left is not None and status == "running" else None,
        loss=_latest(state, "loss"),
        rate=_latest(state, "learning_rate"),
        score=_latest(state, "map"),
    )


def steps_per_epoch(job: Job | None, state: RunState) -> float | None:
    """Optimiser steps of one epoch: from the progress told, else from the first evaluation; None while unknown."""
    if not isinstance(job, TrainJob) or not job.settings.epochs:
        return None
    progress = state.progress
    if progress is not None and progress.unit in STEP_UNITS and progress.total:
        return progress.total / job.settings.epochs
    scores = state.metrics.get("map", ())
    if scores and job.settings.evaluate_every:
        return scores[0][0] / min(job.settings.evaluate_every, job.settings.epochs)
    return None


def going_on(progress: Progress | None) -> Progress | None:
    """A progress that still says something: not one that stands at its end while the work goes on."""
    return progress if progress is not None and progress.done < progress.total else None


def _percent(state: RunState, status: Status) -> float | None:
    if status == "finished":
        return 100.0
    if _all_done(state, status):
        return None
    progress = state.progress
    return 100 * progress.done / progress.total if progress is not None and progress.total else None


def _all_done(state: RunState, status: Status) -> bool:
    progress = state.progress
    return status == "running" and progress is not None and progress.done >= progress.total


def _epoch(job: Job | None, state: RunState) -> int | None:
    """The epoch that is being trained, counted from 1; the last one that was when the run has ended."""
    if not isinstance(job, TrainJob):
        return None
    per_epoch, losses = steps_per_epoch(job, state), state.metrics.get("loss", ())
    if not per_epoch or not losses:
        return None
    begun = math.ceil(losses[-1][0] / per_epoch - 1e-6)
    return min(job.settings.epochs, max(1, begun))


def _latest(state: RunState, name: str) -> float | None:
    curve = state.metrics.get(name, ())
    return curve[-1][1] if curve else None
