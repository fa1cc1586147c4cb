"""Curves: growing, thinning and smoothing keep what a person looks for."""

from __future__ import annotations

import numpy as np
import pytest

from studio.presenters.train.series import Series, smooth, thin


def test_that_a_series_grows_past_its_first_array() -> None:
    series = Series([(1, 9.0), (2, 8.0)])
    for step in range(3, 500):
        series.add(step, 1.0 / step)
    assert len(series) == 499 and series.steps[-1] == 499 and series.values[0] == 9.0


def test_that_a_step_told_again_replaces_what_lay_behind_it() -> None:
    series = Series([(1, 9.0), (2, 8.0), (3, 7.0)])
    series.add(2, 5.0)
    assert series.steps.tolist() == [1, 2] and series.values.tolist() == [9.0, 5.0]


def test_that_thinning_keeps_every_peak() -> None:
    steps = np.arange(50_000.0)
    values = np.sin(steps / 500)
    values[12_345], values[43_210] = 40.0, -40.0
    few_steps, few = thin(steps, values)
    assert len(few) <= 2000 and few.max() == 40.0 and few.min() == -40.0
    assert (np.diff(few_steps) > 0).all()


def test_that_few_points_are_left_alone() -> None:
    steps, values = np.arange(10.0), np.arange(10.0)
    assert thin(steps, values)[1] is values


@pytest.mark.parametrize("count", [1, 7, 2000, 9001])
def test_that_smoothing_leaves_a_constant_constant(count: int) -> None:
    steps, smoothed = smooth(np.arange(float(count)), np.full(count, 3.5), 0.6)
    assert len(smoothed) <= 2000 and np.allclose(smoothed, 3.5) and steps[-1] == count - 1


def test_that_more_weight_is_smoother() -> None:
    steps, noise = np.arange(400.0), np.random.default_rng(0).normal(size=400)
    spread = [float(np.diff(smooth(steps, noise, weight)[1]).std()) for weight in (0.0, 0.6, 0.95)]
    assert spread == sorted(spread, reverse=True)


def test_that_the_nearest_point_is_found() -> None:
    series = Series([(10, 1.0), (20, 2.0), (30, 3.0)])
    assert [series.at(step) for step in (0, 14, 16, float("inf"))] == [(10, 1.0), (10, 1.0), (20, 2.0), (30, 3.0)]
    assert Series().at(3) is None
