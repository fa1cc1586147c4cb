"""What was measured on a phone corrects what is estimated for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median

from engine.contract.figures import Figure

SUREST = log(1.08)
"""No interval becomes narrower: the same model measured twice on one phone differs by as much."""


@dataclass(frozen=True)
class Observation:
    """A model that was measured on a phone, and what was estimated of it then, in milliseconds.

    `phone` is its serial or its chip's key. One on a simulated phone is never believed.
    """

    phone: str
    runtime: str
    threads: int
    precision: str
    measured_ms: float
    estimated_ms: float
    simulated: bool = False


def corrected(figure: Figure, observations: Sequence[Observation], phone: str | None = None) -> Figure:
    """The estimate times the median of measured over estimated, of what was measured under the same conditions.

    Those are the phone (`phone`, or the figure's device), runtime, threads and precision. The interval narrows with the
    root of how many there are, but not below the spread of their ratios. Without any, the figure as it is.
    """
    told = figure.conditions
    wanted = (phone or told.device, told.runtime, told.threads, told.precision)
    ratios = [
        log(seen.measured_ms / seen.estimated_ms)
        for seen in observations
        if not seen.simulated
        and min(seen.measured_ms, seen.estimated_ms) > 0
        and (seen.phone, seen.runtime, seen.threads, seen.precision) == wanted
    ]
    if not ratios or figure.low is None or figure.high is None:
        return figure
    middle = median(ratios)
    spread = max((abs(ratio - middle) for ratio in ratios), default=0.0)
    value = figure.value * exp(middle)
    narrowed = sqrt(1 + len(ratios))
    below = max(log(figure.value / figure.low) / narrowed, spread, SUREST)
    above = max(log(figure.high / figure.value) / narrowed, spread, SUREST)
    return figure.model_copy(update={"value": value, "low": value / exp(below), "high": value * exp(above)})
