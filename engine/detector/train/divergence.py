"""Tells a training that has diverged from one that is only noisy, by its loss and by its val mAP.

Others stop at the first sign: fastai's and Lightning's search for a rate at 4 times the best smoothed loss, that of
torch-lr-finder at 5, Lightning's detection of spikes at 2, Keras and Detectron2 at a loss that is not finite,
Ultralytics where the fitness is 0 after it was not. As rules that end trainings these are too strict: one of ours that
went on from good weights rose to 4.3 times its best smoothed loss (6.2 unsmoothed) and came back to 58 mAP. So what is
judged here is no height but one that stays: as long as the loss falls again, or mAP rises, a training goes on.

Losses are averaged as logarithms, since one batch in which they are a thousandfold says little; what is kept of them
goes into the checkpoint, so that a resumed training judges as if it had not been interrupted.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.detector.base.header import LossTrend, MapFall

HORIZON = 20
"""Steps over which losses are averaged; fewer in a training of less than ten times as many."""
FLOOR = 1e-3
"""A loss below it counts as this: no training lives in the digits below."""
FACTOR = 10.0
"""How many times its best level the loss must be ..."""
STEPS = (200, 1000)
"""... for one epoch, but no fewer and no more steps than these, without falling."""
EXTREME = 100.0
"""From this factor on `EXTREME_STEPS` are enough."""
EXTREME_STEPS = 100
FALLING = 0.95
"""A level of which less than this share is left after half the steps is falling, so that they count anew."""
MAP_SHARE = 0.1
"""Of its best val mAP, less than which is as good as lost ..."""
MAP_EVALUATIONS = 3
"""... if it is so for this many evaluations, none better than those before ..."""
MAP_LEAST = 5.0
"""... and it was more than this many points before ..."""
MAP_LOSS = 1.5
"""... and the loss is this many times its best level: mAP alone falls too where a training learns by heart."""
NOTHING = 0.05
"""Points below which a val mAP shows as 0.0."""
END_FACTOR = 4.0
"""How many times its best level the loss of a training must be that ends with such a mAP: nothing is lost any more."""
_RISING = 0.2
"""Points by which an evaluation must be better than those before to be a recovery."""
MOST_RATE = 1e-3
"""The highest rate that is ever proposed."""


class Divergence(BaseModel):
    """What was seen: the loss at `factor` times its best level for `count` steps, or mAP that fell from `best`."""

    model_config = ConfigDict(frozen=True)

    by: Literal["loss", "map"]
    factor: float = 0.0
    level: float = 0.0
    best: float = 0.0
    count: int = 0


def horizon_of(total_steps: int) -> int:
    """Over how many steps losses are averaged in a training of `total_steps`."""
    return max(3, min(HORIZON, total_steps // 10))


def follow(trend: LossTrend, loss: float, total_steps: int) -> LossTrend:
    """The trend after one more step's loss, a finite number."""
    horizon, steps = horizon_of(total_steps), trend.steps + 1
    value = math.log(max(loss, FLOOR))
    level = trend.level + (value - trend.level) / min(steps, horizon)
    best, first = trend.best, trend.first
    if steps <= horizon:  # the first losses are no level yet: a batch without an object may have next to none
        best = first = level
    return trend.model_copy(
        update={"steps": steps, "level": level, "first": first, "best": min(best, level), **_above(trend, level, best)}
    )


def _above(trend: LossTrend, level: float, best: float) -> dict[str, float]:
    """For how many steps the level has been far above the best, and where it stood when that was last looked at."""
    # A training from scratch that is far above its best but not where it began has merely learnt well before.
    far = level - best >= math.log(FACTOR) and level >= trend.first - math.log(2)
    return (
        {"above": trend.above + 1, "mark": trend.mark if trend.above else level} if far else {"above": 0, "mark": 0.0}
    )


def judge_loss(trend: LossTrend, epoch_steps: int) -> tuple[LossTrend, Divergence | None]:
    """Whether the loss has risen for good; with the trend to go on with. To be asked after each step."""
    extreme = rise(trend) >= EXTREME
    wanted = EXTREME_STEPS if extreme else max(STEPS[0], min(STEPS[1], epoch_steps))
    half = wanted // 2
    if not trend.above or trend.above % half:
        return trend, None
    if trend.level < trend.mark + math.log(FALLING):  # it comes down
        return trend.model_copy(update={"above": half, "mark": trend.level}), None
    seen = trend.above >= wanted
    told = Divergence(
        by="loss", factor=rise(trend), level=math.exp(trend.level), best=math.exp(trend.best), count=trend.above
    )
    return trend.model_copy(update={"mark": trend.level}), told if seen else None


def rise(trend: LossTrend) -> float:
    """How many times its best level the loss is."""
    return math.exp(trend.level - trend.best) if trend.steps else 1.0


def judge_map(fall: MapFall, trend: LossTrend, score: float, best: float) -> tuple[MapFall, Divergence | None]:
    """Whether the val mAP has collapsed for good; `best` is that of all evaluations. To be asked after each."""
    if best < MAP_LEAST or score >= MAP_SHARE * best or rise(trend) < MAP_LOSS:
        return MapFall(), None
    recovers = score > fall.highest + _RISING or trend.level < fall.level + math.log(FALLING)
    if not fall.evaluations or recovers:
        return MapFall(evaluations=1, highest=score, level=trend.level), None
    fall = fall.model_copy(update={"evaluations": fall.evaluations + 1})
    if fall.evaluations < MAP_EVALUATIONS:
        return fall, None
    return fall, Divergence(by="map", factor=rise(trend), level=score, best=best, count=fall.evaluations)


def judge_end(trend: LossTrend, score: float | None) -> Divergence | None:
    """Whether a training that was too short for the rules above ended diverged: nothing is found, the loss far up.

    Nothing can be lost by it: its weights are as good as none.
    """
    height = EXTREME if score is None else END_FACTOR
    if (score is not None and score >= NOTHING) or rise(trend) < height or trend.level < trend.first:
        return None
    return Divergence(by="loss", factor=rise(trend), level=math.exp(trend.level), best=math.exp(trend.best), count=0)


def lower_rate(rate: float) -> float:
    """The rate to try after one that was too high: a tenth, and no more than what trainings start with by default."""
    return float(f"{min(rate / 10, MOST_RATE):.2g}")


Cause = Literal["short", "high", "low", "other"]


def why_nothing(trend: LossTrend, rate: float) -> Cause:
    """The likeliest reason for a training that ended without finding anything."""
    if rise(trend) >= 2 and trend.level >= trend.first:
        return "high"
    if trend.steps < 300:
        return "short"
    return "low" if rate <= 1e-5 else "other"
