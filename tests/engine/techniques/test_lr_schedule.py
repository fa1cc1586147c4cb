"""The learning rate of every step, against the published formula and a real optimiser."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engine.contract.text.messages import UserError
from engine.techniques.lr_schedule import LrSchedule

STEPS, EPOCHS, BASE = 7, 12, 0.4


def rates(**params: Any) -> list[float]:
    technique = LrSchedule(params)
    return [technique.rate(BASE, step, STEPS, EPOCHS) for step in range(STEPS * EPOCHS)]


def test_cosine_without_warmup_is_the_published_formula() -> None:
    published = [BASE * 0.5 * (math.cos(i / STEPS * math.pi / EPOCHS) + 1) for i in range(STEPS * EPOCHS)]
    assert rates(kind="cosine") == pytest.approx(published, abs=1e-6)


def test_warmup_rises_linearly_and_meets_the_schedule() -> None:
    warm, plain = rates(warmup_epochs=2, warmup_start=0.25), rates()
    rise = [later - earlier for earlier, later in zip(warm[:14], warm[1:15], strict=True)]
    assert warm[0] == pytest.approx(0.25 * BASE)
    assert rise == pytest.approx([rise[0]] * 14) and rise[0] > 0
    assert warm[14:] == plain[14:]


def test_warmup_takes_at_most_half_of_the_training() -> None:
    long = rates(kind="constant", warmup_epochs=100, warmup_start=0)
    assert long == rates(kind="constant", warmup_epochs=EPOCHS / 2, warmup_start=0)
    assert max(long) == BASE


def test_piecewise_falls_at_its_milestones() -> None:
    stepped = rates(kind="piecewise", milestones=[0.5, 0.75], gamma=0.1)
    assert stepped == pytest.approx([BASE] * 42 + [BASE * 0.1] * 21 + [BASE * 0.01] * 21)


def test_no_kind_falls_below_the_floor() -> None:
    assert min(rates(kind="cosine", floor=0.05)) == pytest.approx(0.05 * BASE)
    assert min(rates(kind="piecewise", gamma=0.1, floor=0.02)) == pytest.approx(0.02 * BASE)


@pytest.mark.parametrize(
    "params",
    [{"kind": "linear"}, {"warmup_start": 1.5}, {"milestones": [0.9, 0.8]}, {"milestones": [1.5]}, {"typo": 1}],
)
def test_bad_parameters_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        LrSchedule(params)
    assert caught.value.message.code == "technique.parameter"


def test_that_a_real_optimiser_is_set_to_the_rates_of_the_formula() -> None:
    from engine.detector.base.runtime import prepare

    prepare()
    import paddle

    technique = LrSchedule({"kind": "cosine", "warmup_epochs": 3, "floor": 0.01})
    layer = paddle.nn.Linear(2, 1)
    optimizer = paddle.optimizer.Momentum(learning_rate=BASE, parameters=layer.parameters())
    used = []
    for step in range(STEPS * EPOCHS):
        optimizer.set_lr(technique.rate(BASE, step, STEPS, EPOCHS))
        used.append(optimizer.get_lr())
        layer(paddle.ones([1, 2])).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
    assert used == rates(kind="cosine", warmup_epochs=3, floor=0.01)
