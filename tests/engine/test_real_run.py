"""The real run's arms have equal budgets, and its differences are paired; nothing is trained here."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import RECOVERY_SCHEDULE, Step
from engine.contract.run.findings.resamples import Resamples
from engine.recipe.plan import plan
from tests.benchmarks.real_run.arms import BASE, Arm, Plan, load_plan, merged, within_budget
from tests.benchmarks.real_run.differences import Scored, difference
from tests.benchmarks.real_run.run import in_turns

YOLO = DetectorChoice(key="yolov3_mobilenet_v3_large", size=160, classes=("a",))
ARMS = Path(__file__).parents[1] / "benchmarks" / "real_run" / "arms.json"
ASKED = {
    name: (Step(technique="filter_prune", params={"preset": "none", "ratio": 0.5}),) for name in ("global", "wide")
}


@pytest.fixture(scope="module")
def arms() -> Plan:
    return load_plan(ARMS)


def test_that_each_arm_comes_after_what_it_needs_and_is_planned(arms: Plan) -> None:
    known = [BASE]
    for arm in arms.arms:
        assert {arm.against, arm.start, arm.teacher} <= set(known) and (arm.below is None or arm.below in known)
        known.append(arm.name)
    needed = arms.with_needed(["int8"])
    assert [arm.name for arm in needed] == ["control-iou", "wide-pkd-2", "int8"]
    assert [arm.against for arm in needed] == ["base", "control-iou", "control-iou"]


def test_that_arms_that_a_fleet_does_at_once_need_only_what_was_made_before(arms: Plan) -> None:
    known = {BASE}
    turns = in_turns(arms.arms)
    for turn in turns:
        assert all({arm.start, arm.teacher} <= known for arm in turn)
        known |= {arm.name for arm in turn}
    assert sorted(known - {BASE}) == sorted(arm.name for arm in arms.arms) and len(turns[0]) > 1


def test_that_every_arm_trains_as_long_as_the_control_by_the_same_schedule(arms: Plan) -> None:
    for arm in arms.arms:
        steps = arms.steps(arm, ASKED)
        assert steps[0] == RECOVERY_SCHEDULE
        if arm.train or arm.name == "int8":
            continue
        recipe, jobs = within_budget(arm.name, steps, arm.epochs or 49, YOLO)
        assert sum(job.epochs for job in jobs) == (arm.epochs or 49)
        assert {job.rate_factor for job in jobs if not job.label.startswith("quant")} == {1.0}
        assert plan(recipe, YOLO) == jobs


def test_that_calibrating_trains_nothing(arms: Plan) -> None:
    _, jobs = within_budget("int8", arms.steps(arms.arm("int8"), ASKED), 49, YOLO)
    assert [(job.label, job.epochs) for job in jobs] == [("quant_post", 0)]


def test_that_a_budget_that_rounds_eat_up_is_refused() -> None:
    steps = [Step(technique="filter_prune", params={"rounds": 4, "round_epochs": 6})]
    with pytest.raises(ValueError, match="take all of 18"):
        within_budget("rounds", steps, 18, YOLO)


def test_that_parameters_of_one_technique_are_put_together() -> None:
    below = [Step(technique="filter_prune", params={"preset": "head86", "criterion": "obs"}), Step(technique="distill")]
    above = [Step(technique="filter_prune", params={"preset": "none"})]
    first, second = merged(below, above)
    assert (first.params, second.technique) == ({"preset": "none", "criterion": "obs"}, "distill")
    arm = Arm.model_validate({"name": "a", "says": "", "against": "base", "from": "b", "with": "c"})
    assert (arm.start, arm.below) == ("b", "c")


def scored(points: float, draws: list[float], name: str = "same") -> Scored:
    told = Resamples(draws=name, split="test", pictures=72, values={"map": tuple(draws)})
    return Scored(points, told)


def test_that_a_difference_is_paired_draw_by_draw() -> None:
    """Scores that sway together by 20 points differ by one point on every draw."""
    sway = [40 + (place % 21) for place in range(400)]
    found = difference([scored(51.0, [value + 1.0 for value in sway])], [scored(50.0, [*map(float, sway)])], "map")
    assert (found.points, found.pictures, found.both) == (1.0, (1.0, 1.0), None)
    assert found.text() == "+1.0 (+1.0 to +1.0)"


def test_that_seeds_widen_the_interval() -> None:
    level = [50.0] * 400
    ours = [scored(51.0, [51.0] * 400), scored(48.0, [48.0] * 400)]
    found = difference(ours, [scored(50.0, level)] * 2, "map")
    assert (found.points, found.seeds, found.pictures) == (-0.5, (1.0, -2.0), (-0.5, -0.5))
    assert found.both == (-2.0, 1.0)


def test_that_other_draws_give_no_interval() -> None:
    found = difference([scored(51.0, [51.0] * 400)], [scored(50.0, [50.0] * 400, "other")], "map")
    assert (found.text(), found.pictures) == ("+1.0", None)
