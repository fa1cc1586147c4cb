"""What a whole training has come to: diverged, nothing learnt, or worse than what it began with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from engine.contract.figures import Figure, comparable, pick
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.detector.base.header import Position

WORSE = 0.5
"""Share of the start's val mAP below which a training that changed nothing of the network has made it worse."""
_figures: TypeAdapter[tuple[Figure, ...]] = TypeAdapter(tuple[Figure, ...])


def judge(job: TrainJob, context: JobContext, position: Position, figures: Sequence[Figure], changed: bool) -> None:
    """Tell what a person should know of a training's end; raises JobFailed for one that has diverged.

    `figures` are those of its best weights; `changed` is whether its steps made another network of its start.
    """
    from engine.detector.train.divergence import NOTHING, judge_end
    from engine.detector.train.failing import ended_diverged

    if not position.step:
        return
    score = pick(figures, "map", split="val")
    found = judge_end(position.loss, score.value if score is not None else None)
    if found is not None:
        raise ended_diverged(found, position, job.settings, context.run_dir.name)
    if score is None:
        return
    before = None if changed else _of_start(job.start)
    if score.value < NOTHING:
        _tell_nothing(job, context, position, score)
    elif before is not None and comparable(before, score) is None and score.value < WORSE * before.value:
        _tell_worse(job, context, before, score)


def _tell_nothing(job: TrainJob, context: JobContext, position: Position, score: Figure) -> None:
    from engine.detector.train.divergence import lower_rate, rise, why_nothing
    from engine.detector.train.failing import digits

    rate = job.settings.learning_rate
    context.notice(
        f"train.nothing_{why_nothing(position.loss, rate)}",
        level="warning",
        score=f"{score.value:.1f}",
        steps=position.step,
        rate=digits(rate),
        factor=digits(rise(position.loss)),
        lower=lower_rate(rate),
    )


def _tell_worse(job: TrainJob, context: JobContext, before: Figure, score: Figure) -> None:
    from engine.detector.train.divergence import lower_rate
    from engine.detector.train.failing import digits

    rate = job.settings.learning_rate
    context.notice(
        "train.lost_start",
        level="warning",
        before=f"{before.value:.1f}",
        after=f"{score.value:.1f}",
        rate=digits(rate),
        lower=lower_rate(rate),
    )


def _of_start(start: str | None) -> Figure | None:
    """The val mAP that the run told which a training began with; None where it began with no run."""
    path = Path(start) if start else None
    if path is not None and path.parent.name == "checkpoints":
        path = path.parent.parent
    try:
        told = json.loads(RunFolder(path).result.read_text(encoding="utf-8"))["figures"] if path else ()
        return pick(_figures.validate_python(told), "map", split="val")
    except (OSError, ValueError, LookupError, TypeError, ValidationError):
        return None
