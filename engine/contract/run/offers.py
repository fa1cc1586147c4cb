"""What can be done about a training that failed: again with a lower rate or a smaller batch, or on from its best."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.contract.recipe import BASE_STEPS
from engine.contract.run.job import Job, TrainJob
from engine.contract.text.messages import Message

Kind = Literal["lower_rate", "from_best", "smaller_batch"]
DIVERGED = ("train.not_finite", "train.loss_rose", "train.map_fell", "train.ended_diverged", "train.diverged")
"""Why a training failed that would fail again in the same way if it were resumed."""


@dataclass(frozen=True)
class Offer:
    """A training that could be started instead, and the rate or the batch in which it is another."""

    kind: Kind
    value: float
    job: TrainJob


def lower_rate(message: Message) -> float | None:
    """The rate that a message of divergence proposes."""
    value = message.args.get("lower")
    return value if message.code in DIVERGED and isinstance(value, int | float) else None


def smaller_batch(message: Message) -> int | None:
    """The batch that a message of too little memory proposes."""
    remedy = message.args.get("remedy", message)
    value = remedy.args.get("half") if isinstance(remedy, Message) else None
    return value if isinstance(value, int) else None


def best_run(message: Message) -> str | None:
    """The name of the run whose best weights a message of divergence says are kept."""
    kept = message.args.get("kept")
    name = kept.args.get("run") if isinstance(kept, Message) else None
    return str(name) if name else None


def offers(run: Path, job: Job | None, message: Message | None) -> tuple[Offer, ...]:
    """What can be started instead of a training that ended with `message`; nothing for other failures."""
    if not isinstance(job, TrainJob) or message is None:
        return ()
    alone = job.model_copy(update={"part": None})  # a recipe goes on with its own runs only
    batch, rate = smaller_batch(message), lower_rate(message)
    found = []
    if batch is not None:
        found.append(Offer("smaller_batch", batch, _with(alone, batch_size=batch)))
    if rate is not None:
        found.append(Offer("lower_rate", rate, _with(alone, learning_rate=rate)))
    if rate is not None and best_run(message) and (run / "checkpoints" / "best.safetensors").is_file():
        # Its steps are in the checkpoint already.
        on = alone.model_copy(update={"start": str(run), "start_sha256": None, "steps": BASE_STEPS})
        found.append(Offer("from_best", rate, _with(on, learning_rate=rate)))
    return tuple(found)


def _with(job: TrainJob, **changed: object) -> TrainJob:
    return job.model_copy(update={"settings": job.settings.model_copy(update=changed)})
