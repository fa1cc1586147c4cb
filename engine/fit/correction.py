"""What trials tell about what was predicted: times are corrected by them, and mAP is bounded between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, log

ALIKE = 0.02
"""Predictions that are nearer to each other than this share are of one time, measured twice."""


class Correction:
    """Measured over predicted: as seen where something was measured, between two in between, beyond as at the end."""

    def __init__(self, seen: Iterable[tuple[float, float]]) -> None:
        logs = sorted((log(predicted), log(measured / predicted)) for predicted, measured in seen)
        groups: list[list[tuple[float, float]]] = []
        for place, factor in logs:
            if groups and place - groups[-1][0][0] < ALIKE:
                groups[-1].append((place, factor))
            else:
                groups.append([(place, factor)])
        self._known = [(_mean([p for p, _ in group]), _mean([f for _, f in group])) for group in groups]

    def __call__(self, predicted: float) -> float:
        """What would be measured of a network for which that is predicted."""
        return predicted * exp(self._factor(log(predicted)))

    def spread(self) -> float:
        """By which factor what is measured may lie off: as far as the factors seen lie from each other; 1 for one."""
        factors = [factor for _, factor in self._known]
        return exp(max(factors) - min(factors)) if factors else 1.0

    def _factor(self, place: float) -> float:
        known = self._known
        if not known:
            return 0.0
        if place <= known[0][0] or place >= known[-1][0]:
            return known[0][1] if place <= known[0][0] else known[-1][1]
        after = next(at for at, (here, _) in enumerate(known) if here >= place)
        (left, low), (right, high) = known[after - 1], known[after]
        return low + (high - low) * (place - left) / (right - left)


@dataclass(frozen=True)
class Score:
    """A trained network: the share of all saliency that went with its cut, and its mAP with the interval."""

    saliency: float
    map: float
    low: float
    high: float


def bounds(seen: Sequence[Score], saliency: float) -> tuple[float, float] | None:
    """Between what mAP lies where that much of the saliency goes: from that of deeper trials to that of higher ones.

    None beyond the deepest trial. More cut is never taken to be better: where it came out so, chance is in both.
    """
    deeper = [score for score in seen if score.saliency >= saliency]
    higher = [score for score in seen if score.saliency <= saliency]
    if not deeper or not higher:
        return None
    low = max(min(score.low for score in group) for _, group in groupby(deeper, key=lambda score: score.saliency))
    high = min(max(score.high for score in group) for _, group in groupby(higher, key=lambda score: score.saliency))
    return (low, high) if low <= high else (high, low)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
