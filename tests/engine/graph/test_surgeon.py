"""The surgeon's losses are those of least squares, and it takes first what nobody misses."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from engine.graph.surgeon import Reader, made_up_for, removal_order

CHANNELS, SAMPLES = 6, 400


def reader(block: int, seed: int = 0) -> tuple[Reader, np.ndarray]:
    """A reader of six channels of which the last is the sum of the first two, and the samples that it read."""
    chance = np.random.default_rng(seed)
    free = chance.normal(size=(CHANNELS - 1, block, SAMPLES)) * np.arange(1, CHANNELS)[:, None, None]
    samples = np.concatenate([free, free[:1] + free[1:2]]).reshape(CHANNELS * block, SAMPLES)
    weight = chance.normal(size=(7, CHANNELS * block))
    return Reader(weight, np.cov(samples, bias=True), CHANNELS), samples - samples.mean(axis=1, keepdims=True)


def error(of: Reader, samples: np.ndarray, kept: list[int]) -> float:
    """Share of the output's energy that is lost when the kept channels make up for the others."""
    wanted = of.weight @ samples
    return float(((wanted - made_up_for(of, kept) @ samples) ** 2).sum() / (wanted**2).sum())


@pytest.mark.parametrize("block", [1, 4])
def test_that_what_others_can_replace_costs_nothing_and_goes_first(block: int) -> None:
    of, samples = reader(block)
    order, losses = removal_order([of], 1)
    assert order[0] in (0, 1, CHANNELS - 1) and losses[0] < 1e-3
    kept = [channel for channel in range(CHANNELS) if channel != order[0]]
    assert error(of, samples, kept) < 1e-3


@pytest.mark.parametrize("block", [1, 4])
def test_that_losses_are_those_of_least_squares(block: int) -> None:
    of, samples = reader(block)
    order, losses = removal_order([of], 4)
    assert len(set(order)) == 4 and losses == sorted(losses)
    for count in range(1, 5):
        kept = sorted(set(range(CHANNELS)) - set(order[:count]))
        assert error(of, samples, kept) == pytest.approx(losses[count - 1], rel=0.02, abs=1e-3)


def test_that_the_choice_of_two_is_nearly_the_best_of_all() -> None:
    of, samples = reader(1, seed=3)
    order, _ = removal_order([of], 2)
    found = error(of, samples, sorted(set(range(CHANNELS)) - set(order)))
    every = [error(of, samples, sorted(set(range(CHANNELS)) - set(pair))) for pair in combinations(range(CHANNELS), 2)]
    assert found <= sorted(every)[2]


def test_that_weights_of_removed_channels_are_zero_and_two_readers_share_the_choice() -> None:
    one, two = reader(1)[0], reader(4, seed=5)[0]
    order, _ = removal_order([one, two], 3)
    kept = sorted(set(range(CHANNELS)) - set(order))
    for each in (one, two):
        solved = made_up_for(each, kept).reshape(7, CHANNELS, -1)
        assert not solved[:, order].any() and solved[:, kept].all()
