"""What a fit tries next, and which trial it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.contract.fit.front import FrontPoint

STEADY = 0.99
"""The share of the target below which the winner stays even if it measures slower than its trial, of the same size."""
TOLERANCE = 0.04
"""On target is what takes no more than that, and at most this share less."""
AIM = 0.98
"""The share of the target that is aimed at: the middle of what is on target."""
AIMS = (1.0, 0.8, 1.2)
"""Times of the first trials as shares of the target's: at it, and what faster costs and slower would bring."""
GIVES_BACK = 0.5
"""The share of what a short recovery leaves lost that a long one may give back at most."""
LEASTS = (4.0, 0.25)
"""What else any channel is taken to be worth, in medians: cuts that are spread more evenly, and less."""
AGAIN = 2
"""So often the target is aimed at with each of them, since the first may miss it."""


def on_target(ms: float, target: float) -> bool:
    """Whether a time is what was asked for."""
    return (1 - TOLERANCE) * target <= ms <= target


class Try(NamedTuple):
    """What a trial is for: a share of the target's time, and what any channel is taken to be worth (`Descent`)."""

    aim: float
    least: float


def next_tries(trials: Sequence[FrontPoint], target: float | None, slowest: float, fastest: float) -> list[list[Try]]:
    """What may be tried next, the most useful first; those in one list need not wait for each other.

    First `AIMS`, those between the slowest and the fastest that there is, then the target until it is hit, and then
    other ways of weighing channels at the target, for mAP tells which is best. None where enough is known. Without a
    target there is no time, which an earlier trial would correct: all ways may be tried together.
    """
    done = [(point.aimed, point.least) for point in trials]
    at_target = [Try(1.0, 1.0)]
    found: list[list[Try]] = []
    if target is not None:
        ends = (fastest, (1 - TOLERANCE) * slowest)
        inside = [aim for aim in AIMS if aim == 1.0 or ends[0] <= aim * target <= ends[1]]
        found.append([Try(aim, 1.0) for aim in inside if (aim, 1.0) not in done])
        found.append([] if _hit(trials, target, 1.0) else at_target)
    others: list[Try] = [*at_target] if target is None and not trials else []
    for least in LEASTS:
        tries = done.count((1.0, least))
        if not tries or (target is not None and tries < AGAIN and not _hit(trials, target, least)):
            others.append(Try(1.0, least))
    return [group for group in (*found, others) if group]


def _hit(trials: Sequence[FrontPoint], target: float, least: float) -> bool:
    return any(point.least == least and point.ms is not None and on_target(point.ms, target) for point in trials)


def best_trial(trials: Sequence[FrontPoint], target: float | None) -> FrontPoint | None:
    """The trial to recover at length: the best on target, else the best that is faster; None where all are slower.

    Without a target in time it is the best of all.
    """
    if target is None:
        return max(trials, key=_score, default=None)
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
