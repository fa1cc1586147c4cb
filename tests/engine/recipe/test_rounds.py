"""Pruning in rounds: the plan's jobs cut a part each, and together what one cut would."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob, Recipe, Step
from engine.graph.count import conv_macs
from engine.graph.groups import channel_groups
from engine.recipe.plan import ordered, plan, with_epochs
from engine.recipe.stack import Stack

SSD = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("a",))
YOLO = DetectorChoice(key="yolov3_mobilenet_v3_large", size=160, classes=("a",))


def planned(choice: DetectorChoice, params: dict[str, Any], *more: Step) -> tuple[Step, list[PlannedJob]]:
    step = Step(technique="filter_prune", params=params)
    return step, plan(Recipe(name="test", steps=(step, *more)), choice, base_epochs=30)


def stacks_after(choice: DetectorChoice, jobs: list[PlannedJob]) -> list[Stack]:
    """The network after each job, as a run that starts from the one before has it."""
    found: list[Stack] = []
    recorded: list[Step] = []
    for job in jobs:
        recorded += job.steps
        found.append(Stack.of_steps(choice, recorded))
    return found


@pytest.mark.parametrize(
    ("choice", "params"),
    [
        (SSD, {"ratio": 0.6, "rounds": 3}),
        (SSD, {"ratio": 0.7, "align": 8, "rounds": 4}),
        (SSD, {"ratio": 0.0, "ratios": {"backbone.conv6.expand_conv.conv": 0.7}, "floor": 4, "rounds": 8}),
        (YOLO, {"preset": "head86", "align": 4, "rounds": 2}),
    ],
)
def test_that_rounds_leave_what_one_cut_leaves_and_less_in_each_round(
    choice: DetectorChoice, params: dict[str, Any]
) -> None:
    step, jobs = planned(choice, params)
    assert len(jobs) == params["rounds"]
    counts = [
        {name: group.channels for name, group in channel_groups(stack.graph).groups.items()}
        for stack in (Stack(choice), *stacks_after(choice, jobs))
    ]
    once = Step(technique="filter_prune", params={**params, "rounds": 1})
    for whole in (step, once):
        graph = Stack.of_steps(choice, [whole]).graph
        assert counts[-1] == {name: group.channels for name, group in channel_groups(graph).groups.items()}
    for before, after in pairwise(counts):
        assert all(counts[-1][name] <= after[name] <= before[name] for name in after)
        assert sum(after.values()) < sum(before.values())
    align = params.get("align", 1)
    cut = [name for name in counts[0] if counts[-1][name] < counts[0][name]]
    assert all(step[name] % align == 0 or step[name] == counts[0][name] for step in counts for name in cut)


def test_that_each_round_takes_about_the_same_share_of_what_remains() -> None:
    _, jobs = planned(SSD, {"ratio": 0.75, "rounds": 2})
    whole, first, last = (stack.graph for stack in (Stack(SSD), *stacks_after(SSD, jobs)))
    shares = [conv_macs(first) / conv_macs(whole), conv_macs(last) / conv_macs(first)]
    assert shares[0] == pytest.approx(shares[1], abs=0.05)


def test_that_rounds_recover_briefly_and_the_last_as_long_as_the_step_says() -> None:
    more = (Step(technique="distill", params={}), Step(technique="quant_aware", params={"epochs": 2}))
    step, jobs = planned(SSD, {"rounds": 3, "round_epochs": 4}, *more)
    assert [(job.label, job.epochs, job.brief) for job in jobs] == [
        ("compress-1", 4, True),
        ("compress-2", 4, True),
        ("compress", 30, False),
        ("quant_aware", 2, False),
    ]
    assert [[each.technique for each in job.steps] for job in jobs] == [
        ["filter_prune", "distill"],
        ["filter_prune"],
        ["filter_prune"],
        ["quant_aware"],
    ]
    assert [[each.technique for each in job.alongside] for job in jobs] == [
        ["lr_schedule"],
        ["distill", "lr_schedule"],
        ["distill", "lr_schedule"],
        ["distill", "lr_schedule"],
    ]
    assert [job.acts(step) for job in jobs] == [True, True, True, False]
    assert [job.epochs for job in with_epochs(jobs, 9)] == [4, 4, 9, 9]
    assert [job.epochs for job in with_epochs(jobs, 1)] == [1, 1, 1, 1]


def test_that_one_round_is_one_job_as_ever() -> None:
    step, (job,) = planned(SSD, {"rounds": 1})
    assert (job.label, job.steps, job.brief) == ("compress", (step,), False)


def test_that_a_recorded_round_is_not_split_again() -> None:
    _, jobs = planned(SSD, {"rounds": 2})
    again = Recipe(name="again", steps=jobs[0].steps)
    assert len(plan(again, SSD)) == 1
    ((_, technique),) = ordered(again)
    assert not technique.in_rounds
