"""What a training says when it has failed: what was seen, at which rate, what is left, and what to do."""

from __future__ import annotations

from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import JobFailed, Message
from engine.detector.base.header import Position
from engine.detector.train.divergence import Divergence, lower_rate

WORTH_KEEPING = 1.0
"""Points of val mAP below which nobody is told to go on from weights."""


def not_finite(position: Position, settings: TrainSettings, rate: float, run: str) -> JobFailed:
    """The loss is no number any more."""
    return JobFailed(
        "train.not_finite",
        step=position.step + 1,
        epoch=position.epoch + 1,
        rate=digits(rate),
        kept=kept(position, run),
        lower=lower_rate(settings.learning_rate),
    )


def diverged(found: Divergence, position: Position, settings: TrainSettings, rate: float, run: str) -> JobFailed:
    """The loss has risen, or mAP has fallen, for good."""
    lower, left = lower_rate(settings.learning_rate), kept(position, run)
    if found.by == "map":
        return JobFailed(
            "train.map_fell",
            before=round(found.best, 1),
            after=round(found.level, 1),
            count=found.count,
            factor=digits(found.factor),
            epoch=position.epoch,
            kept=left,
            lower=lower,
        )
    return JobFailed(
        "train.loss_rose",
        factor=digits(found.factor),
        level=digits(found.level),
        best=digits(found.best),
        count=found.count,
        step=position.step,
        epoch=position.epoch + 1,
        rate=digits(rate),
        kept=left,
        lower=lower,
    )


def ended_diverged(found: Divergence, position: Position, settings: TrainSettings, run: str) -> JobFailed:
    """A training came to its end, and its loss is far above what it was."""
    return JobFailed(
        "train.ended_diverged",
        factor=digits(found.factor),
        level=digits(found.level),
        best=digits(found.best),
        rate=digits(settings.learning_rate),
        kept=kept(position, run),
        lower=lower_rate(settings.learning_rate),
    )


def kept(position: Position, run: str) -> Message:
    """Which weights an evaluation found good and kept, to go on from."""
    if position.best_epoch < 0 or (position.best_map or 0.0) < WORTH_KEEPING:
        return Message(code="train.no_best")
    return Message(
        code="train.best_kept", args={"epoch": position.best_epoch, "score": f"{position.best_map:.1f}", "run": run}
    )


def digits(value: float) -> str:
    """With three digits that matter, and as a number is written that is no power of ten."""
    return f"{float(f'{value:.3g}'):g}"
