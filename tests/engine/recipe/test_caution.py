"""What decides between cuts: no gain, and nothing that chance may have made."""

from __future__ import annotations

import pytest

from engine.contract.sensitivity import GroupLosses
from engine.recipe.caution import cautious


def taken(loss: float, spread: float | None) -> float:
    spreads: dict[float, float | None] | None = None if spread is None else {0.5: spread}
    return cautious(
        GroupLosses(group="g", channels=8, base=50, split="val", pictures=20, losses={0.5: loss}, spreads=spreads)
    )[0.5]


def test_that_a_gain_is_worth_nothing() -> None:
    assert taken(-5.0, 1.0) == taken(-0.1, 1.0) == taken(0.0, 1.0) > 0
    assert taken(-5.0, None) == taken(-5.0, 0.0) == 0.0


def test_that_what_was_measured_more_exactly_is_the_lesser() -> None:
    assert taken(0.0, 0.1) < taken(0.0, 0.5) < taken(0.3, 0.5)
    assert taken(0.0, 0.5) == pytest.approx(0.1995, abs=1e-3)


def test_that_a_loss_beyond_noise_is_what_was_measured() -> None:
    assert taken(5.0, 0.5) == pytest.approx(5.0) and taken(5.0, None) == 5.0
