"""A training that has diverged is told from one that is only noisy: no good one is ever ended."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from engine.detector.base.header import LossTrend, MapFall, Position
from engine.detector.train.divergence import (
    Divergence,
    follow,
    judge_end,
    judge_loss,
    judge_map,
    lower_rate,
    why_nothing,
)

REAL = json.loads(Path(__file__).with_name("loss_curves.json").read_text(encoding="utf-8"))
"""Losses of trainings that ended well, with their val mAP by step."""
ENDED_WRECKED = (501.6, 75.3, 34.8, 121.1, 3426.7, 1669.7, 553.1, 10559.0, 1826.0)
"""YOLOv3 with plain momentum at a learning rate of 10."""


def judged(losses: Sequence[float], epoch: int = 100, begun: LossTrend | None = None) -> tuple[int, Divergence] | None:
    """The step at which a training is ended, and why."""
    trend = begun or LossTrend()
    for step, loss in enumerate(losses, start=1):
        trend, found = judge_loss(follow(trend, loss, len(losses)), epoch)
        if found is not None:
            return step, found
    return None


def trend_of(losses: Iterable[float], total: int) -> LossTrend:
    trend = LossTrend()
    for loss in losses:
        trend, _ = judge_loss(follow(trend, loss, total), total)
    return trend


@pytest.mark.parametrize("name", list(REAL))
def test_that_no_training_that_ended_well_is_ended(name: str) -> None:
    losses, scores = REAL[name]["loss"], {int(step): score for step, score in REAL[name]["map"].items()}
    trend, fall, best = LossTrend(), MapFall(), 0.0
    for step, loss in enumerate(losses, start=1):
        trend, found = judge_loss(follow(trend, loss, len(losses)), min(scores, default=len(losses)))
        assert found is None, step
        if step in scores:
            best = max(best, scores[step])
            fall, found = judge_map(fall, trend, scores[step], best)
            assert found is None, step
    assert judge_end(trend, scores.get(len(losses))) is None


def falling(steps: int, start: float, end: float, scale: float) -> list[float]:
    return [end + (start - end) * math.exp(-step / scale) for step in range(steps)]


def noisy(losses: Sequence[float], chance: random.Random, spread: float) -> list[float]:
    return [loss * math.exp(chance.gauss(0, spread)) for loss in losses]


GOOD: dict[str, Callable[[random.Random], list[float]]] = {
    "from scratch": lambda chance: noisy(falling(2000, 20, 1, 200), chance, 0.3),
    "batches of one picture": lambda chance: noisy(falling(4000, 20, 1, 300), chance, 1.0),
    "first batches without an object": lambda chance: [0.01, 0.01, 0.02, *noisy(falling(800, 9, 2, 80), chance, 0.2)],
    "a warm-up throws good weights off": lambda chance: noisy(
        [0.3 + 4.5 * min(1, step / 100) for step in range(150)] + falling(1500, 4.8, 0.3, 500), chance, 0.3
    ),
    "recovery after pruning": lambda chance: noisy(falling(600, 40, 2, 60), chance, 0.3),
    "sizes of inputs in turns": lambda chance: noisy(
        [loss * (1, 2.5, 0.6)[step // 10 % 3] for step, loss in enumerate(falling(2000, 15, 1, 300))], chance, 0.3
    ),
    "a term that joins on the way": lambda chance: noisy(
        [*falling(500, 8, 1, 60), *(4.0 for _ in range(700))], chance, 0.2
    ),
    "a few batches that are monstrous": lambda chance: [
        loss * (5000 if chance.random() < 0.005 else 1) for loss in falling(3000, 10, 1, 200)
    ],
    "int8 that is a little worse": lambda chance: noisy([1.0] * 50 + [3.0] * 500, chance, 0.4),
    "learnt by heart, then woken": lambda chance: noisy([*falling(800, 12, 0.02, 80), *falling(900, 0.9, 0.05, 250)],
        chance, 0.3),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(GOOD))
def test_that_noise_and_bumps_end_nothing(kind: str) -> None:
    for seed in range(3):
        losses = GOOD[kind](random.Random(seed))
        for epoch in (5, 5000):
            assert judged(losses, epoch) is None, (seed, epoch)
        assert judge_end(trend_of(losses, len(losses)), 12.0) is None


BAD: dict[str, Callable[[random.Random], list[float]]] = {
    "explodes and stays": lambda chance: noisy([*falling(300, 20, 2, 60), *(2000.0 for _ in range(900))], chance, 0.5),
    "climbs until it is lost": lambda chance: noisy(
        [*falling(300, 20, 2, 60), *(min(300, 2 * 1.02**step) for step in range(900))], chance, 0.3
    ),
    "is thrown off and never comes back": lambda chance: noisy([0.4] * 100 + [16.0] * 900, chance, 0.4),
}


@pytest.mark.parametrize("kind", list(BAD))
def test_that_a_loss_that_stays_far_up_ends_the_training(kind: str) -> None:
    for seed in range(2):
        found = judged(BAD[kind](random.Random(seed)), 100)
        assert found is not None, seed
        step, told = found
        assert told.by == "loss" and told.factor > 9 and told.level > told.best
        assert step < 900


def test_that_one_resumed_anywhere_is_ended_at_the_same_step() -> None:
    losses = BAD["climbs until it is lost"](random.Random(3))
    whole = judged(losses)
    assert whole is not None
    for cut in (1, 19, 20, 299, 400, whole[0] - 1):
        trend = LossTrend()
        for loss in losses[:cut]:
            trend, _ = judge_loss(follow(trend, loss, len(losses)), 100)
        kept = Position.model_validate_json(Position(loss=trend).model_dump_json()).loss
        assert kept == trend
        ended = None
        for step, loss in enumerate(losses[cut:], start=cut + 1):
            kept, found = judge_loss(follow(kept, loss, len(losses)), 100)
            if found is not None:
                ended = step, found
                break
        assert ended == whole, cut


def test_that_a_short_training_that_ended_wrecked_is_told_by_its_end() -> None:
    trend = trend_of(ENDED_WRECKED, len(ENDED_WRECKED))
    told = judge_end(trend, 0.0)
    assert told is not None and told.factor > 10
    assert judge_end(trend, 12.0) is None, "weights that find something are no failure"
    assert judge_end(trend, None) is None, "without val only an extreme height is one"
    assert why_nothing(trend, 10) == "high"
    assert judge_end(trend_of([20, 18, 19, 17], 4), 0.0) is None


def test_that_map_which_stays_lost_ends_the_training_only_with_the_loss_up() -> None:
    best, up = 50.0, LossTrend(steps=100, level=math.log(4), best=math.log(1), first=math.log(20))

    def evaluated(scores: Sequence[float], trends: Sequence[LossTrend]) -> Divergence | None:
        fall, found = MapFall(), None
        for score, trend in zip(scores, trends, strict=True):
            fall, found = judge_map(fall, trend, score, best)
            if found is not None:
                break
        return found

    lost = evaluated([0.0, 0.1, 0.0], [up] * 3)
    assert lost is not None and (lost.by, lost.best, lost.count) == ("map", 50.0, 3)
    assert evaluated([0.0, 0.1], [up] * 2) is None
    assert evaluated([1.0, 1.3, 1.7, 2.2, 3.0], [up] * 5) is None, "it recovers"
    assert evaluated([0.0, 20.0, 0.0, 0.0], [up] * 4) is None
    assert evaluated([0.0] * 5, [up.model_copy(update={"level": 0.1})] * 5) is None, "the loss is as good as ever"
    coming = [up.model_copy(update={"level": math.log(4) - 0.1 * step}) for step in range(5)]
    assert evaluated([0.0] * 5, coming) is None, "the loss comes down"
    assert judge_map(MapFall(evaluations=2, level=up.level), up, 0.0, 3.0)[1] is None, "there was little to lose"


def test_what_is_proposed_and_why_nothing_was_learnt() -> None:
    assert [lower_rate(rate) for rate in (10, 0.01, 0.002, 1e-3)] == [1e-3, 1e-3, 2e-4, 1e-4]
    steady = LossTrend(steps=2000, level=1.0, first=2.0, best=1.0)
    assert why_nothing(steady, 1e-3) == "other" and why_nothing(steady, 1e-6) == "low"
    assert why_nothing(steady.model_copy(update={"steps": 12}), 1e-3) == "short"
