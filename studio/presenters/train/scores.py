"""The mAP of a run that trains: which was the best and after which epoch, and which is the last."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contract.figures import pick
from engine.contract.run.job import Job, TrainJob
from engine.contract.run.state import RunState
from studio.presenters.train.standing import steps_per_epoch


@dataclass(frozen=True)
class Score:
    """An mAP on val in points after `epoch` epochs: 0 is before training, None where that is not known."""

    value: float
    epoch: int | None


def best_and_last(job: Job | None, state: RunState) -> tuple[Score | None, Score | None]:
    """The best is what the trainer keeps weights of: the first that no later one beats, the start among them."""
    told = state.metrics.get("map", ())
    per_epoch = steps_per_epoch(job, state)
    scores = [Score(value, round(step / per_epoch) if per_epoch else None) for step, value in told]
    candidates = [*_before(job, state), *scores]
    best = max(candidates, key=lambda score: score.value, default=None)
    return best, scores[-1] if scores else None


def _before(job: Job | None, state: RunState) -> list[Score]:
    """The score of the network as the steps left it, where the trainer counts that as one to be beaten."""
    found = pick(state.figures.get("transformed", ()), "map", split="val")
    judged = isinstance(job, TrainJob) and job.settings.evaluate_every
    return [Score(found.value, 0)] if found is not None and judged else []
