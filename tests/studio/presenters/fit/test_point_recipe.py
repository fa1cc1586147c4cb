"""The recipe of a point: its cut takes the place of another, stands where it belongs, and int8 follows."""

from __future__ import annotations

from engine.contract.fit.front import ALIGN, step_params
from engine.contract.recipe import Recipe, Step
from studio.presenters.fit.point_recipe import recipe_of
from tests.studio.stores.told_fits import RATIOS, hollow

TAUGHT = (Step(technique="distill", params={"kind": "pkd"}), "train")
INT8 = (Step(technique="quant_post"), "quantise")
POINT = hollow(8.0, 0.8)


def techniques(recipe: Recipe) -> list[str]:
    return [step.technique for step in recipe.steps]


def test_that_an_empty_recipe_gets_the_cut() -> None:
    made = recipe_of(POINT, (), Recipe(name="mine", steps=()), [])
    assert (made.name, techniques(made)) == ("mine", ["filter_prune"])
    assert made.steps[0].params == step_params(RATIOS, ALIGN)
    whole = recipe_of(POINT, (TAUGHT, INT8), Recipe(name="mine", steps=()), [])
    assert techniques(whole) == ["filter_prune", "distill", "quant_post"]


def test_that_a_cut_takes_the_place_of_another() -> None:
    steps = (Step(technique="distill"), Step(technique="filter_prune", params={"ratio": 0.5, "rounds": 3}))
    made = recipe_of(POINT, (TAUGHT,), Recipe(name="mine", steps=steps), ["train", "prune"])
    assert techniques(made) == ["distill", "filter_prune"] and made.steps[1].params["ratio"] == 0
    assert "rounds" not in made.steps[1].params and made.steps[0].params == {}


def test_that_a_cut_stands_before_what_follows_it_and_int8_is_not_asked_twice() -> None:
    steps = (Step(technique="neck_channels"), Step(technique="distill"), Step(technique="quant_aware"))
    made = recipe_of(POINT, (TAUGHT, INT8), Recipe(name="mine", steps=steps), ["architecture", "train", "quantise"])
    assert techniques(made) == ["neck_channels", "filter_prune", "distill", "quant_aware"]
