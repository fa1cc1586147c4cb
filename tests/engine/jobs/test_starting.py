"""A recipe is judged by the run that it starts from, not by the bare detector."""

from __future__ import annotations

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe, Step
from engine.contract.text.messages import UserError
from engine.recipe.plan import plan, problems
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from engine.technique.base import Technique

SSD = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
RCNN = DetectorChoice(key="faster_rcnn_mobilenet_v3_fpn", size=96, classes=("a",))


def steps(*given: tuple[str, dict[str, object]]) -> tuple[Step, ...]:
    return tuple(Step(technique=key, params=params) for key, params in given)


def told(choice: DetectorChoice, begun: tuple[Step, ...], *given: tuple[str, dict[str, object]]) -> list[str]:
    """Codes of what keeps the steps from being applied to a run that `begun` made."""
    recipe = Recipe(name="test", steps=steps(*given))
    return [problem.message.code for problem in problems(recipe, choice, made(begun))]


def made(given: tuple[Step, ...]) -> list[Technique]:
    return [make(step) for step in given]


@pytest.mark.parametrize("quantised", ["quant_aware", "quant_post"])
@pytest.mark.parametrize("technique", ["filter_prune", "backbone_swap", "quant_aware", "quant_post"])
def test_what_changes_a_network_is_refused_on_a_run_in_int8(quantised: str, technique: str) -> None:
    begun = steps((quantised, {}))
    assert told(SSD, begun, (technique, {})) == ["plan.quantised_start"]
    with pytest.raises(UserError, match=f"{technique}.*{quantised}.*float run"):
        plan(Recipe(name="test", steps=steps((technique, {}))), SSD, made(begun))
    assert told(SSD, begun, ("lr_schedule", {}), ("distill", {})) == []


def test_p5_can_be_added_to_a_run_that_ends_at_c4() -> None:
    extra: tuple[str, dict[str, object]] = ("neck_extra_levels", {})
    assert told(RCNN, (), extra) == ["neck_extra_levels.has_p5"]
    assert told(RCNN, steps(("neck_levels", {"top": "c4"})), extra) == []
    assert told(RCNN, steps(("neck_levels", {"top": "c3"})), extra) == ["neck_extra_levels.no_p4"]
    assert told(RCNN, (), ("neck_levels", {"top": "c4"}), extra) == []


def test_a_backbone_is_compared_with_what_the_run_has() -> None:
    swapped = steps(("backbone_swap", {"backbone": "mobilenet_v1"}))
    assert told(SSD, swapped, ("backbone_swap", {"backbone": "mobilenet_v3_small"})) == []
    assert told(SSD, swapped, ("backbone_swap", {"backbone": "mobilenet_v1"})) == ["backbone_swap.same"]
    assert told(SSD, swapped, ("backbone_lr", {})) == told(
        SSD, (), ("backbone_swap", {"backbone": "mobilenet_v1"}), ("backbone_lr", {})
    )


@pytest.mark.parametrize("technique", ["quant_aware", "quant_post"])
def test_a_layer_to_keep_in_float_that_is_not_there_is_told_before_anything_is_trained(technique: str) -> None:
    wrong = made(steps(("filter_prune", {}), (technique, {"keep_float": ["backbone.nope.conv"]})))
    with pytest.raises(UserError, match="backbone.nope.conv.*did you mean"):
        Stack(SSD, tuple(wrong)).figures()
