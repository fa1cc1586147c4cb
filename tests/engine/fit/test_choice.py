"""What is tried next, what is taken, and when to stop trying."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract.fit.front import FrontPoint, best_of
from engine.fit.choice import Try, affordable, best_trial, epochs_within, hopeless, next_tries, on_target


def trial(ms: float | None, score: float | None = 30.0, **more: Any) -> FrontPoint:
    return FrontPoint(kind="trial", ms=ms, map=score, run="r", seconds=1.0, **{"aimed": 1.0, **more})


@pytest.mark.parametrize(("ms", "on"), [(20.0, True), (19.2, True), (19.1, False), (20.1, False)])
def test_that_on_target_is_no_slower_and_hardly_faster(ms: float, on: bool) -> None:
    assert on_target(ms, 20.0) is on


def firsts(trials: list[FrontPoint], target: float | None, slowest: float = 45, fastest: float = 5) -> Try | None:
    return next((each for group in next_tries(trials, target, slowest, fastest) for each in group), None)


def test_that_only_what_needs_no_other_is_tried_beside_it() -> None:
    aims = [Try(aim, 1.0) for aim in (1.0, 0.8, 1.2)]
    assert next_tries([], 20, 45, 5)[:2] == [aims, [Try(1.0, 1.0)]]
    on = [trial(19.6), trial(16, aimed=0.8), trial(24, aimed=1.2)]
    assert next_tries(on, 20, 45, 5) == [[Try(1.0, 4.0), Try(1.0, 0.25)]]


def test_that_the_first_trials_stand_around_the_target() -> None:
    asked: list[FrontPoint] = []
    for expected in (1.0, 0.8, 1.2):
        assert firsts(asked, 20) == Try(expected, 1.0)
        asked.append(trial(23, aimed=expected))
    assert firsts(asked, 20) == Try(1.0, 1.0), "none of them was on target"
    assert firsts([*asked, trial(19.6)], 20) == Try(1.0, 4.0), "what else there is at the target"


def test_that_other_ways_to_weigh_channels_are_tried_twice_at_most() -> None:
    asked = [trial(19.6), trial(16, aimed=0.8), trial(24, aimed=1.2)]
    assert firsts(asked, 20) == Try(1.0, 4.0)
    missed = [*asked, trial(21, least=4.0)]
    assert firsts(missed, 20) == Try(1.0, 4.0)
    assert firsts([*missed, trial(20.5, least=4.0)], 20) == Try(1.0, 0.25)
    hit = [*missed, trial(19.9, least=4.0)]
    assert firsts(hit, 20) == Try(1.0, 0.25) and next_tries([*hit, trial(19.9, least=0.25)], 20, 45, 5) == []


def test_that_without_a_time_each_way_is_tried_once() -> None:
    asked: list[FrontPoint] = []
    for least in (1.0, 4.0, 0.25):
        assert firsts(asked, None) == Try(1.0, least)
        asked.append(trial(None, least=least))
    assert firsts(asked, None) is None and best_trial(asked, None) is asked[0]


def test_that_without_a_time_none_waits_for_another() -> None:
    ways = [Try(1.0, least) for least in (1.0, 4.0, 0.25)]
    assert next_tries([], None, 45, 5) == [ways]
    assert next_tries([trial(None)], None, 45, 5) == [ways[1:]]


def test_that_no_trial_is_for_what_is_slower_than_the_base_or_faster_than_the_deepest_cut() -> None:
    first = [trial(19.6)]
    assert {each.aim for group in next_tries(first, 20, slowest=24, fastest=17) for each in group} == {1.0}
    assert firsts(first, 20, slowest=45, fastest=17) == Try(1.2, 1.0)
    assert firsts(first, 20, slowest=24, fastest=15) == Try(0.8, 1.0)


def test_that_the_best_on_target_is_taken_before_a_faster_one() -> None:
    known = [trial(19.2, 31), trial(19.9, 33), trial(15, 34), trial(24, 38)]
    assert best_trial(known, 20) is known[1]
    assert best_trial(known[2:], 20) is known[2]
    assert best_trial(known[3:], 20) is None and best_trial([trial(None)], 20) is None
    assert best_trial([trial(19.5, None), trial(19.6, 3)], 20) == trial(19.6, 3)


def test_that_what_a_long_recovery_cannot_give_back_is_hopeless() -> None:
    near, far = trial(20, 34, map_high=35), trial(20, 30, map_high=31)
    assert not hopeless(near, base=38, points=1.5) and hopeless(far, base=38, points=3)
    assert not hopeless(far, base=38, points=None) and not hopeless(far, base=None, points=1)
    slower = [trial(24, 36), trial(30, 37.5), far]
    found = affordable(slower, 20, points=1, base=38)
    assert found is slower[0]
    assert affordable([far, trial(24, 30)], 20, points=1, base=38) is None


def test_that_the_last_training_fits_in_the_time_left_but_is_no_shorter_than_a_trial() -> None:
    assert epochs_within(100, 1, wanted=49, least=6) == 49
    assert epochs_within(float("inf"), 1, wanted=49, least=6) == 49
    assert epochs_within(20, 1, wanted=49, least=6) == 20
    assert epochs_within(2, 1, wanted=49, least=6) == 6
    assert epochs_within(2, 1, wanted=3, least=6) == 3
    assert epochs_within(2, 0, wanted=49, least=6) == 49


def test_that_a_front_has_what_none_beats_in_both() -> None:
    points = [trial(10, 20), trial(20, 30), trial(25, 29), trial(40, 38), trial(None, 50)]
    assert best_of(points) == [points[0], points[1], points[3]]
    counted = [trial(None, 20, macs=0.2), trial(None, 19, macs=0.3), trial(None, 40, macs=1.0)]
    assert best_of(counted) == [counted[0], counted[2]]
