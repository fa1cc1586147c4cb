"""What a fit tries next, and which trial it takes."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.fit.front import FrontPoint

TOLERANCE = 0.05
"""On target is what takes no more than was asked for, and at most this share less."""
AIM = 0.975
"""The share of the target that is aimed at: the middle of what is on target."""
AIMS = (1.0, 0.8, 1.2)
"""Times of the first trials as shares of the target's: at it, and what faster costs and slower would bring."""
GIVES_BACK = 0.5
"""The share of what a short recovery leaves lost that a long one may give back at most."""
WORTH = 0.3
"""Points of mAP from which another trial was worth it."""


def on_target(ms: float, target: float) -> bool:
    """Whether a time is what was asked for."""
    return (1 - TOLERANCE) * target <= ms <= target


def next_aim(trials: Sequence[FrontPoint], target: float, slowest: float, fastest: float) -> float | None:
    """The share of the target's time that the next trial is for; None where no other is needed.

    First those of `AIMS` that lie between the slowest and the fastest that there is, then the target until it is hit.
    """
    asked = [point.aimed for point in trials]
    for aim in AIMS:
        if aim not in asked and (aim == 1.0 or fastest <= aim * target <= (1 - TOLERANCE) * slowest):
            return aim
    if any(point.ms is not None and on_target(point.ms, target) for point in trials):
        return None
    return 1.0


def best_trial(trials: Sequence[FrontPoint], target: float) -> FrontPoint | None:
    """The trial to recover at length: the best on target, else the best that is faster; None where all are slower."""
    kept = [point for point in trials if point.ms is not None and point.ms <= target]
    exact = [point for point in kept if point.ms is not None and on_target(point.ms, target)]
    return max(exact or kept, key=_score, default=None)


def hopeless(trial: FrontPoint, base: float | None, points: float | None) -> bool:
    """Whether even a long recovery will leave a trial more points below the base than are allowed.

    With the benefit of the doubt: against the upper end of the trial's interval.
    """
    if points is None or base is None or trial.map is None:
        return False
    high = trial.map if trial.map_high is None else trial.map_high
    return (base - high) * (1 - GIVES_BACK) > points


def affordable(trials: Sequence[FrontPoint], target: float, points: float, base: float) -> FrontPoint | None:
    """The fastest trial that is slower than the target and not hopeless: the nearest that can be had."""
    slower = [point for point in trials if point.ms is not None and point.ms > target]
    hopeful = [point for point in slower if not hopeless(point, base, points)]
    return min(hopeful, key=lambda point: point.ms or 0.0, default=None)


def epochs_within(left_s: float, per_epoch_s: float, wanted: int, least: int) -> int:
    """As many of the epochs as the time left allows, but not fewer than a trial's."""
    fitting = int(min(left_s / per_epoch_s, wanted)) if per_epoch_s > 0 else wanted
    return max(fitting, min(least, wanted))


def _score(point: FrontPoint) -> float:
    return point.map if point.map is not None else float("-inf")
