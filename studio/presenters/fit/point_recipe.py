"""The recipe of a point: what is being edited with the point's cut in it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.fit.front import ALIGN, FrontPoint, step_params
from engine.contract.fit.job import FitJob
from engine.contract.recipe import Recipe, Step
from studio.presenters.recipe.step_phases import insertion_place

PRUNE, INT8 = "filter_prune", "quant_post"


def recipe_of(point: FrontPoint, job: FitJob, recipe: Recipe, phases: Sequence[str]) -> Recipe:
    """The recipe with the point's ratios in its pruning step, or in one of its own; int8 as in the fit.

    `phases` are those of the recipe's steps. A step that prunes already would cut what is cut once more: its first is
    the point's from now on.
    """
    steps, order = list(recipe.steps), list(phases)
    cut = Step(technique=PRUNE, params=step_params(point.ratios, ALIGN))
    place = next((at for at, step in enumerate(steps) if step.technique == PRUNE), None)
    if place is not None:
        steps[place] = cut
    else:
        at = insertion_place(order, "prune")
        steps.insert(at, cut)
        order.insert(at, "prune")
    if job.precision == "int8" and "quantise" not in order:
        steps.append(Step(technique=INT8, params={}))
    return recipe.model_copy(update={"steps": tuple(steps)})
