"""The probability to be the fastest comes from the intervals."""

from __future__ import annotations

import pytest

from engine.latency.fastest import Time, chances, slower


def time(ms: float, factor: float = 1.3, shared: float = 1.0) -> Time:
    return Time(ms, ms / factor, ms * factor, shared)


def test_that_equal_times_are_equally_likely_and_all_sum_to_one() -> None:
    assert chances([time(10), time(10)]) == pytest.approx([0.5, 0.5], abs=1e-3)
    assert sum(chances([time(10), time(12), time(30)])) == pytest.approx(1)
    assert chances([time(7)]) == [1.0]


def test_that_a_wider_interval_makes_the_fastest_less_sure() -> None:
    narrow, wide = (chances([time(10, factor), time(13, factor)])[0] for factor in (1.1, 2.0))
    assert narrow > 0.98 > 0.7 > wide > 0.5


def test_that_two_of_three_agree_with_their_comparison() -> None:
    one, other = time(10, 1.3), time(12, 1.6)
    assert chances([one, other])[0] == pytest.approx(1 - slower(one, other), abs=1e-3)
    assert slower(other, one) > 0.5 > slower(one, other)


def test_that_what_all_have_in_common_does_not_make_the_order_less_sure() -> None:
    hidden = chances([time(10, 1.5, 1.45), time(12, 1.5, 1.45)])[0]
    assert hidden > chances([time(10, 1.5), time(12, 1.5)])[0]
