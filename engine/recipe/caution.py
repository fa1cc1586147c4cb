"""What a loss that may be chance is taken for when it is decided what to cut."""

from __future__ import annotations

from math import erf, exp, pi, sqrt

from engine.contract.sensitivity import GroupLosses


def cautious(measured: GroupLosses) -> dict[float, float]:
    """Points by ratio that a cut must be expected to lose, given what was measured and by how much that may be chance.

    It is the mean of what the loss may be, where it is one: a gain counts as nothing, and of two losses near nothing
    the one that was measured more exactly is the lesser. As measured where no spread is known.
    """
    return {ratio: _expected(max(loss, 0.0), measured.spread(ratio)) for ratio, loss in measured.losses.items()}


def _expected(loss: float, spread: float | None) -> float:
    """The mean of the positive part of a normal distribution."""
    if not spread:
        return loss
    away = loss / spread
    below = 0.5 * (1 + erf(away / sqrt(2)))
    return loss * below + spread * exp(-away * away / 2) / sqrt(2 * pi)
