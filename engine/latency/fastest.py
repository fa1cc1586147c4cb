"""Which of several estimated times is the shortest, and how likely: from their intervals alone.

A time's logarithm is taken to be normal, its interval to hold 92 % (docs/latency.md), and the errors of two times to
be independent of each other, but for what all of one chip have in common (`shared`), which changes no order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt

WITHIN = 1.75
"""Standard deviations on either side that hold 92 %."""
_STEPS, _REACH = 100, 5.0


@dataclass(frozen=True)
class Time:
    """A time with its bounds, in milliseconds; `shared` is a factor of the bounds that all times have in common."""

    ms: float
    low: float
    high: float
    shared: float = 1.0

    @property
    def deviation(self) -> float:
        """Standard deviation of the logarithm, without what is shared."""
        half = log(self.high / self.low) / 2
        return max(sqrt(max(half**2 - log(self.shared) ** 2, 0.0)), 1e-3) / WITHIN


def chances(times: Sequence[Time]) -> list[float]:
    """The probability of each to be the shortest; they sum to 1."""
    found = []
    for place, time in enumerate(times):
        others = [other for at, other in enumerate(times) if at != place]
        found.append(_mean(time, others))
    whole = sum(found)
    return [chance / whole for chance in found]


def slower(one: Time, other: Time) -> float:
    """The probability that one takes longer than the other."""
    return 1 - _below(log(other.ms / one.ms), sqrt(one.deviation**2 + other.deviation**2))


def _mean(time: Time, others: Sequence[Time]) -> float:
    """The probability that all others are longer, over the values that a time may have."""
    step, deviation, middle = 2 * _REACH / _STEPS, time.deviation, log(time.ms)
    against = [(log(other.ms), other.deviation) for other in others]
    found = 0.0
    for number in range(_STEPS + 1):
        away = -_REACH + number * step
        weight = exp(-(away**2) / 2) / sqrt(2 * pi) * step
        for other, spread in against:
            weight *= 1 - _below(middle + away * deviation - other, spread)
        found += weight
    return found


def _below(value: float, deviation: float) -> float:
    """The share of a normal distribution around 0 that lies below a value."""
    return (1 + erf(value / deviation / sqrt(2))) / 2
