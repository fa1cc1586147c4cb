"""The way down takes what loses least for what it saves, looks again at what changed, and every stop is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product

import pytest

from engine.fit.descent import Descent, Stop, thinned

WIDTH = 64


def toy(each: Mapping[str, float]) -> Descent:
    """Groups of 64 channels, each of the worth named, that cost as much as each other."""
    worth = {name: [value * (1 + place / WIDTH) for place in range(WIDTH)] for name, value in each.items()}
    return Descent(worth, lambda kept: 1.0 + sum(kept.get(name, WIDTH) for name in each))


def test_that_stops_go_down_in_cost_and_up_in_what_is_lost() -> None:
    stops = toy({"a": 1.0, "b": 5.0, "c": 0.1}).stops()
    assert stops[0] == Stop({}, 1.0 + 3 * WIDTH, 0.0)
    assert all(after.cost < before.cost and after.lost > before.lost for before, after in pairwise(stops))
    assert all(kept % 8 == 0 for stop in stops for kept in stop.kept.values())
    assert stops[-1].kept == toy({"a": 1.0, "b": 5.0, "c": 0.1}).deepest().kept == dict.fromkeys("abc", 8)


def test_that_what_is_worth_least_goes_first() -> None:
    stops = toy({"a": 1.0, "b": 50.0}).stops(enough=1.0 + 2 * WIDTH - 40)
    assert stops[-1].kept == {"a": 24}, "and no further than was asked"


@pytest.mark.parametrize("limit", [60.0, 90.0, 120.0, 150.0])
def test_that_a_stop_loses_no_more_than_the_best_of_all_cuts_that_fit_by_more_than_a_step(limit: float) -> None:
    each = {"a": 1.0, "b": 3.0, "c": 0.4}
    descent = toy(each)
    stop = next(found for found in descent.stops() if found.cost <= limit)
    levels = range(0, 8)
    steps = [
        descent._stop(dict(zip(each, at, strict=True)))
        for at in product(levels, repeat=3)
        if descent._stop(dict(zip(each, at, strict=True))).cost <= limit
    ]
    best = min(found.lost for found in steps)
    dearest = max(after.lost - before.lost for before, after in pairwise(descent.stops()))
    assert best <= stop.lost <= best + dearest


def test_that_what_a_step_saves_is_looked_at_again_when_others_went() -> None:
    """Where `a` is cut, `b` saves nothing more, however cheap it looked at first."""
    worth = {"a": [1.0] * WIDTH, "b": [3.0] * WIDTH, "c": [9.0] * WIDTH}

    def cost(kept: Mapping[str, int]) -> float:
        a, b, c = (kept.get(name, WIDTH) for name in "abc")
        return 10.0 + max(0, a - 16) * b / WIDTH + c

    stops = Descent(worth, cost).stops(enough=10.0 + WIDTH - 16)
    assert all(after.cost < before.cost for before, after in pairwise(stops))
    assert stops[-1].kept == {"a": 16, "c": 48}


def test_that_cuts_are_spread_more_evenly_where_any_channel_is_worth_more() -> None:
    worth = {"a": [0.1] * WIDTH, "b": [1.0] * WIDTH, "c": [2.0] * WIDTH}

    def cost(kept: Mapping[str, int]) -> float:
        a, b, c = (kept.get(name, WIDTH) for name in "abc")
        return 1.0 + a + 2 * b + 4 * c

    def cut(least: float) -> Mapping[str, int]:
        return Descent(worth, cost, least=least).stops(enough=1.0 + 7 * WIDTH - 40)[-1].kept

    assert set(cut(0.0)) == {"a"} and set(cut(20.0)) == {"c"}


def test_that_times_that_go_in_stairs_are_gone_down_by_several_steps() -> None:
    def stairs(kept: Mapping[str, int]) -> float:
        return 10.0 + (kept.get("a", WIDTH) + 15) // 16 * 16

    stops = Descent({"a": [1.0] * WIDTH}, stairs).stops()
    assert [stop.cost for stop in stops] == [74.0, 58.0, 42.0, 26.0]


def test_that_steps_which_a_limit_does_not_need_are_undone_the_dearest_first() -> None:
    descent = toy({"a": 1.0, "b": 2.0})
    deepest = descent.deepest()
    spared = descent.spared(deepest, limit=deepest.cost + 8)
    assert spared.kept == {"a": 8, "b": 16} and spared.cost == deepest.cost + 8
    assert descent.spared(deepest, deepest.cost) == deepest


def test_that_ratios_leave_what_was_counted() -> None:
    descent = Descent({"a": [1.0] * 40}, lambda kept: kept.get("a", 40) + 1.0)
    for stop in descent.stops():
        for name, ratio in descent.ratios(stop).items():
            assert 40 - round(40 * ratio) == stop.kept[name]


def test_that_a_stop_of_work_stops_the_way_down() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    descent = Descent({"a": [1.0] * WIDTH}, lambda kept: kept.get("a", WIDTH), check=stop)
    with pytest.raises(KeyboardInterrupt):
        descent.stops()


def test_that_a_front_is_thinned_in_equal_steps_of_the_logarithm() -> None:
    stops = [Stop({}, cost, 100 - cost) for cost in range(100, 9, -1)]
    shown = thinned(stops, 5)
    assert [shown[0].cost, shown[-1].cost] == [100, 10] and len(shown) == 5
    assert [round(after.cost / before.cost, 1) for before, after in pairwise(shown)] == [0.6] * 4
    assert thinned(stops[:3], 5) == stops[:3]
