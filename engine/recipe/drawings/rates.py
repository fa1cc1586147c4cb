"""The learning rate that a schedule gives, over every training of the recipe that follows it."""

from __future__ import annotations

from collections.abc import Callable

from engine.contract.previews.drawings import RateCurve, RatesAnswer
from engine.contract.text.messages import UserError
from engine.recipe.drawings.subject import Subject
from engine.recipe.recovery import recovery_settings

_PIECES = 128
_FLAT = 0.004
"""How far from a straight line the curve may be between two points, as a share of the highest rate."""


def draw(subject: Subject) -> RatesAnswer:
    """The curves; where no job trains, that of a training as long as the start's. Raises UserError without pictures."""
    found = []
    for job in subject.jobs:
        if job.epochs and subject.step in (*job.steps, *job.alongside):
            settings = recovery_settings(subject.settings, job, subject.base, 0, ())
            rate = settings.learning_rate * job.rate_factor
            found.append(_curve(subject, job.label, job.epochs, rate))
    if found:
        return RatesAnswer(curves=tuple(found))
    settings = subject.settings
    curve = _curve(subject, "", max(1, settings.epochs), settings.learning_rate)
    return RatesAnswer(curves=(curve,), example=True)


def _curve(subject: Subject, label: str, epochs: int, top: float) -> RateCurve:
    per_epoch = _steps_per_epoch(subject)

    def rate(step: int) -> float:
        found = subject.technique.rate(top, step, per_epoch, epochs)
        return top if found is None else found

    points = _points(rate, epochs * per_epoch, top)
    return RateCurve(
        label=label, epochs=epochs, steps_per_epoch=per_epoch, steps=tuple(points), rates=tuple(points.values())
    )


def _steps_per_epoch(subject: Subject) -> int:
    """As many whole batches as the training pictures fill."""
    from engine.contract.dataset import Index

    if subject.folder is None:
        raise UserError("drawing.no_project")
    with Index.open(subject.folder.index) as index:
        pictures = index.picture_count("train")
    if not pictures:
        raise UserError("train.no_pictures", path=str(subject.folder.index), split="train")
    return pictures // min(subject.settings.batch_size, pictures)


def _points(rate: Callable[[int], float], total: int, top: float) -> dict[int, float]:
    """The rate by step: at even distances, closer where it bends or jumps, and where it is highest."""
    found = {step: rate(step) for step in {round(place * (total - 1) / _PIECES) for place in range(_PIECES + 1)}}
    known = sorted(found)
    waiting = list(zip(known, known[1:], strict=False))
    while waiting:
        left, right = waiting.pop()
        middle = (left + right) // 2
        if middle == left:
            continue
        value = rate(middle)
        straight = found[left] + (found[right] - found[left]) * (middle - left) / (right - left)
        if abs(value - straight) > _FLAT * top:
            found[middle] = value
            waiting += [(left, middle), (middle, right)]
    known = sorted(found)
    place = known.index(max(known, key=lambda step: found[step]))
    around = range(known[max(0, place - 1)], known[min(len(known) - 1, place + 1)] + 1)
    highest = max(around, key=rate)
    return dict(sorted({**found, highest: rate(highest)}.items()))
