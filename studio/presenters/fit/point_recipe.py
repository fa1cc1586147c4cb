"""The recipe of a point: what is being edited with the point's cut in it, and with what else a winner gets."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.fit.front import ALIGN, FrontPoint, step_params
from engine.contract.recipe import Recipe, Step
from studio.presenters.recipe.step_phases import insertion_place

PRUNE = "filter_prune"


def recipe_of(point: FrontPoint, others: Sequence[tuple[Step, str]], recipe: Recipe, phases: Sequence[str]) -> Recipe:
    """The recipe with the point's ratios in its pruning step, or in one of its own, and with the `others`.

    `phases` are those of the recipe's steps; those of the others stand beside them. A step that prunes already would
    cut what is cut once more: its first is the point's from now on. What a person chose in place of another stays.
    """
    steps, order = list(recipe.steps), list(phases)
    cut = Step(technique=PRUNE, params=step_params(point.ratios, ALIGN))
    place = next((at for at, step in enumerate(steps) if step.technique == PRUNE), None)
    if place is not None:
        steps[place] = cut
    for step, phase in ([] if place is not None else [(cut, "prune")]) + list(others):
        known = {each.technique for each in steps}
        if step.technique in known or (phase == "quantise" and phase in order):
            continue
        at = insertion_place(order, phase)
        steps.insert(at, step)
        order.insert(at, phase)
    return recipe.model_copy(update={"steps": tuple(steps)})
