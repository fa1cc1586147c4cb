"""The chart of a recipe: its path, the runs that were trained of it, and what each step takes off and costs."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract.figures import Conditions, Figure
from engine.contract.previews.trial import TrialScore
from studio.presenters.recipe.consequences import Stage, StepChange, changes, path, run_points, score_of_base
from tests.studio.presenters.recipe.told_steps import told_run, val_map


def figure(name: Any, value: float, **conditions: Any) -> Figure:
    unit = {"macs": "MACs", "nb_bytes": "bytes"}.get(name, "ms")
    return Figure(name=name, value=value, unit=unit, source="estimated", conditions=Conditions(**conditions))


def costs(macs: float, size: float) -> tuple[Figure, ...]:
    return figure("macs", macs), figure("nb_bytes", size)


def score(value: float, change: tuple[float, float, float] | None = None, pictures: int = 64) -> TrialScore:
    moved = val_map(*change) if change is not None else None
    return TrialScore(pictures=pictures, total=64, tried=val_map(value, value - 3, value + 3), change=moved)


BASE = costs(100e6, 4e6)
PRUNED = Stage(1, "Filter pruning", costs(40e6, 2e6), score(30.0, (-30.0, -35.0, -25.0)))
INT8 = Stage(0, "Int8", costs(40e6, 0.5e6), score(29.0, (-31.0, -36.0, -26.0)))


def test_that_the_path_goes_from_the_base_over_the_steps_in_the_order_in_which_they_act() -> None:
    points = path("macs", BASE, val_map(60.0), [PRUNED, INT8], "0001 base")
    assert [(p.label, p.cost, p.score, p.filled, p.step) for p in points] == [
        ("0001 base", 100e6, 60.0, True, None),
        ("Filter pruning", 40e6, 30.0, False, 1),
        ("Int8", 40e6, 29.0, False, 0),
    ]
    assert (points[0].low, points[1].low, points[1].high) == (None, 27.0, 33.0)


def test_that_what_is_not_known_is_not_on_the_path() -> None:
    unknown = Stage(2, "Int8", BASE, None)
    assert path("phone_ms", BASE, val_map(60.0), [PRUNED], "base") == []
    assert [p.step for p in path("macs", BASE, None, [PRUNED, unknown], "base")] == [1]


def test_that_a_trained_run_stands_where_it_was_measured_and_else_where_its_like_is_estimated() -> None:
    counted = told_run("0002-pruned", scores=(None, None, 55.0), more=[figure("macs", 41e6)])
    unmeasured = told_run("0003-other", scores=(None, None, None))
    told = [(counted, costs(40e6, 2e6)), (unmeasured, BASE), (told_run("0004-int8"), ())]
    (point,) = run_points("macs", told)
    assert (point.label, point.cost, point.score, point.filled, point.run) == (
        "0002 pruned", 41e6, 55.0, True, "0002-pruned",
    )  # fmt: skip
    assert [point.cost for point in run_points("nb_bytes", told)] == [2e6]


def test_that_only_a_cost_of_the_same_kind_is_a_run_s_own() -> None:
    """A file for this machine is not what a phone gets, and one thread does not take as long as four."""
    host, phone = figure("nb_bytes", 9e6, subject="x86"), figure("nb_bytes", 1.9e6, subject="arm")
    one, four = (figure("phone_ms", ms, threads=threads, precision="fp32") for ms, threads in ((9.0, 1), (4.0, 4)))
    like = (figure("nb_bytes", 2e6), figure("phone_ms", 5.0, threads=4, precision="fp32"))
    for more, size, ms in (([host, one], 2e6, 5.0), ([phone, four, host, one], 1.9e6, 4.0)):
        run = told_run("0002-pruned", more=more)
        assert [run_points(cost, [(run, like)])[0].cost for cost in ("nb_bytes", "phone_ms")] == [size, ms]


def test_that_each_step_is_set_against_the_one_before_and_shares_are_of_the_base() -> None:
    pruned, int8 = changes(BASE, [PRUNED, INT8])
    assert pruned.saved == {"macs": pytest.approx(-0.6), "nb_bytes": pytest.approx(-0.5)}
    assert int8.saved == {"macs": 0.0, "nb_bytes": pytest.approx(-0.375)}
    assert (pruned.score, pruned.low, pruned.high) == (-30.0, -35.0, -25.0)
    # That of the second alone was not drawn over pictures, so there is no interval.
    assert (int8.score, int8.low, int8.high) == (-1.0, None, None) and not int8.within_noise


def test_that_scores_on_other_pictures_are_not_subtracted() -> None:
    few = Stage(0, "Int8", costs(40e6, 0.5e6), score(29.0, pictures=16))
    unknown = Stage(0, "Int8", costs(40e6, 0.5e6), None)
    for stages in ([PRUNED, few], [PRUNED, unknown], [unknown, few]):
        assert changes(BASE, stages)[-1].score is None
    assert changes(BASE, [few])[0].score is None  # nothing was told of the base on those pictures


@pytest.mark.parametrize(
    ("low", "high", "noise"), [(-2.0, 1.0, True), (0.0, 3.0, True), (-3.0, -0.1, False), (0.1, 2.0, False)]
)
def test_that_a_change_whose_interval_holds_nought_is_within_noise(low: float, high: float, noise: bool) -> None:
    change = StepChange(0, "Int8", {}, (low + high) / 2, low, high)
    assert change.within_noise is noise
    assert score(30.0, ((low + high) / 2, low, high)).within_noise is noise
    assert not StepChange(0, "Int8", {}, 0.0).within_noise


def on(figure: Figure, pictures: int) -> Figure:
    held = figure.conditions.model_copy(update={"pictures": pictures, "picture_set": f"set{pictures}"})
    return figure.model_copy(update={"conditions": held})


def test_that_only_scores_of_the_same_pictures_stand_beside_each_other() -> None:
    base, run = on(val_map(60.0), 64), told_run("0002-pruned", more=[on(val_map(70.0), 8)])
    like = costs(40e6, 2e6)
    assert run_points("macs", [(run, like)], base) == []
    assert len(run_points("macs", [(run, like)], on(val_map(60.0), 8))) == 1
    trial = TrialScore(pictures=8, total=64, tried=on(val_map(30.0), 8), base=on(val_map(55.0), 8))
    stage = Stage(0, "prune", like, trial)
    assert score_of_base(base, [stage]) == trial.base
    assert score_of_base(trial.base, [stage]) == trial.base and score_of_base(base, []) == base
