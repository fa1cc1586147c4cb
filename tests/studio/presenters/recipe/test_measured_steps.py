"""Which run speaks of a step, and what recoveries let one expect: never without three, with how often it held."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist, mean, stdev
from typing import Any

import pytest

from engine.contract.recipe import Step
from studio.presenters.recipe.measured_steps import (
    Recovery,
    chain,
    expected,
    measured_steps,
    recoveries,
)
from tests.studio.presenters.recipe.told_steps import told_run

BASE = "0001-base"
HALF = Step(technique="filter_prune", params={"ratio": 0.5})
TAUGHT = Step(technique="distill")
INT8 = Step(technique="quant_aware")
STACK = [(1, HALF), (2, TAUGHT), (0, INT8)]


def defaults(technique: str) -> Mapping[str, Any]:
    return {"ratio": 0.3, "criterion": "fpgm"} if technique == "filter_prune" else {}


def names(found: Mapping[int, Any]) -> dict[int, tuple[str, bool]]:
    return {place: (told.run.name, told.same) for place, told in found.items()}


def test_that_a_run_speaks_of_the_last_of_the_steps_that_lead_to_it() -> None:
    """The recipe is applied in two parts: prune and distill in one run, int8 in another that starts from it."""
    runs = [
        told_run(BASE),
        told_run("0002-compress", BASE, (HALF, TAUGHT)),
        told_run("0003-int8", "0002-compress", (INT8,)),
    ]
    assert names(measured_steps(STACK, BASE, runs, defaults)) == {2: ("0002-compress", True), 0: ("0003-int8", True)}
    assert chain(runs[2], BASE, {run.name: run for run in runs}) == [HALF, TAUGHT, INT8]


def test_that_a_run_with_more_steps_or_others_or_in_another_order_says_nothing() -> None:
    longer = told_run("0002-longer", BASE, (HALF, TAUGHT, INT8, TAUGHT))
    turned = told_run("0003-turned", BASE, (TAUGHT, HALF))
    no_step = told_run("0004-trained-on", BASE)
    unmeasured = told_run("0005-lost", BASE, (HALF,), (None, None, None))
    assert measured_steps(STACK, BASE, [told_run(BASE), longer, turned, no_step, unmeasured], defaults) == {}


def test_that_rounds_speak_of_the_step_when_the_last_is_done() -> None:
    whole = Step(technique="filter_prune", params={"ratio": 0.5, "rounds": 2})
    first, last = (
        whole.model_copy(update={"params": whole.params | more})
        for more in ({"round": 1, "kept": {"a": 6}}, {"kept": {"a": 4}})
    )
    stack = [(1, whole), (2, TAUGHT)]
    runs = [told_run(BASE), told_run("0002-compress-1", BASE, (first, TAUGHT), (50, 20, 45))]
    assert measured_steps(stack, BASE, runs, defaults) == {}
    runs.append(told_run("0003-compress", "0002-compress-1", (last,), (45, 20, 44)))
    assert names(measured_steps(stack, BASE, runs, defaults)) == {2: ("0003-compress", True)}
    assert recoveries(runs) == []


def test_that_a_default_that_is_said_is_the_same_and_another_value_is_an_earlier_version() -> None:
    said = Step(technique="filter_prune", params={"ratio": 0.3, "criterion": "fpgm"})
    runs = [told_run(BASE), told_run("0002-said", BASE, (said,))]
    silent, changed = ([(0, Step(technique="filter_prune", params=params))] for params in ({}, {"ratio": 0.4}))
    assert names(measured_steps(silent, BASE, runs, defaults)) == {0: ("0002-said", True)}
    assert names(measured_steps(changed, BASE, runs, defaults)) == {0: ("0002-said", False)}


def test_that_a_run_of_the_same_parameters_comes_before_a_later_one_of_others() -> None:
    other = HALF.model_copy(update={"params": {"ratio": 0.7}})
    runs = [
        told_run(BASE),
        told_run("0002-other", BASE, (other,)),
        told_run("0003-same", BASE, (HALF,)),
        told_run("0004-other", BASE, (other,)),
    ]
    steps = [(0, HALF)]
    assert names(measured_steps(steps, BASE, runs, defaults)) == {0: ("0003-same", True)}
    assert names(measured_steps(steps, BASE, [runs[0], runs[1], runs[3]], defaults)) == {0: ("0004-other", False)}


def test_that_a_run_from_another_base_says_nothing() -> None:
    runs = [told_run(BASE), told_run("0002-base"), told_run("0003-pruned", "0002-base", (HALF,))]
    assert measured_steps([(0, HALF)], BASE, runs, defaults) == {}
    assert names(measured_steps([(0, HALF)], "0002-base", runs, defaults)) == {0: ("0003-pruned", True)}
    assert measured_steps([(0, HALF)], None, runs, defaults) == {}


def test_that_runs_in_a_circle_and_runs_whose_parent_is_gone_end() -> None:
    circle = [told_run("0002-a", "0003-b", (HALF,)), told_run("0003-b", "0002-a", (HALF,))]
    orphan = told_run("0004-orphan", "0009-removed", (HALF,))
    assert measured_steps([(0, HALF)], BASE, [told_run(BASE), *circle, orphan], defaults) == {}


def test_that_recoveries_are_trainings_that_began_with_a_loss_and_ended() -> None:
    runs = [
        told_run("0001-base", scores=(None, None, 60.0)),
        told_run("0002-pruned", BASE, (HALF,), (60.0, 20.0, 50.0)),
        told_run("0003-no-loss", BASE, (HALF,), (60.0, 59.5, 61.0)),
        told_run("0004-no-training", BASE, (HALF,), (60.0, 20.0, 20.0), epochs=0),
        told_run("0005-ended", BASE, (HALF,), (60.0, 20.0, None)),
        told_run("0006-cancelled-and-evaluated", BASE, (HALF,), (60.0, 20.0, 30.0), status="cancelled"),
    ]
    assert recoveries(runs) == [Recovery(60.0, 20.0, 50.0)]
    assert recoveries(runs)[0].share == pytest.approx(0.75)


SHARES = (0.72, 0.80, 0.91, 0.78, 0.85, 0.69, 0.88, 0.75, 0.83, 0.79)
"""What came back in ten made-up recoveries; the mean is 0.8."""


def made_up(shares: tuple[float, ...]) -> list[Recovery]:
    return [
        Recovery(60.0, 20.0 + number, 20.0 + number + share * (40.0 - number)) for number, share in enumerate(shares)
    ]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_that_nothing_is_expected_by_fewer_than_three(count: int) -> None:
    assert expected(60.0, 20.0, made_up(SHARES[:count])) is None


def test_that_three_recoveries_say_something_wide_and_more_of_them_something_narrower() -> None:
    few, many = expected(60.0, 20.0, made_up(SHARES[:3])), expected(60.0, 20.0, made_up(SHARES))
    assert few is not None and many is not None
    assert (few.recoveries, many.recoveries) == (3, 10)
    assert 0 <= few.low < many.low < 20 + 0.8 * 40 < many.high < few.high <= 100


def test_that_a_recipe_that_costs_next_to_nothing_is_told_nothing() -> None:
    assert expected(60.0, 59.5, made_up(SHARES)) is None


def test_that_the_interval_says_how_often_it_would_have_held() -> None:
    """Left out one by one, by hand: 1.86 is Student's t for 90 % with the 8 degrees of freedom of the other nine."""

    def held(shares: tuple[float, ...]) -> int:
        found = 0
        for place, share in enumerate(shares):
            others = [*shares[:place], *shares[place + 1 :]]
            found += abs(share - mean(others)) <= 1.86 * stdev(others) * (1 + 1 / 9) ** 0.5
        return found

    told = expected(60.0, 20.0, made_up(SHARES))
    assert told is not None and (told.held, told.recoveries) == (held(SHARES), 10)
    stray = (*SHARES[:9], 0.2)
    wide = expected(60.0, 20.0, made_up(stray))
    assert wide is not None and wide.held == held(stray) == 9
    assert wide.high - wide.low > told.high - told.low


def test_that_of_many_recoveries_about_nine_in_ten_are_held() -> None:
    """The quantiles of a normal distribution, for which the interval is made."""
    shares = tuple(NormalDist(0.8, 0.07).inv_cdf((place + 0.5) / 40) for place in range(40))
    told = expected(60.0, 20.0, made_up(shares[::3] + shares[1::3] + shares[2::3]))
    assert told is not None and told.recoveries == 40 and 34 <= told.held <= 38
