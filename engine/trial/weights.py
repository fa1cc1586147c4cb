"""A recipe's steps on the weights of a run as they are, without any training."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.contract.previews.trial import StepFate
from engine.contract.recipe import Step
from engine.contract.text.messages import Message
from engine.model.assembly import Model, extend
from engine.recipe.plan import ACTING
from engine.recipe.registry import make
from engine.technique.base import Calibration, Context

if TYPE_CHECKING:
    from engine.detector.network.checkpoint import Matching

Check = Callable[[], None]
Placed = tuple[int, Step]
"""A step with its place in the recipe."""


class _Anew(Exception):
    """Some weights of the changed network would be as initialised, which says nothing of what they could become."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching


def tried(
    base: Model, steps: Sequence[Placed], calibration: Calibration, check: Check
) -> tuple[Model, tuple[StepFate, ...]]:
    """The model under all steps that can act without training, and what became of each; `base` stays as it is.

    Raises what `check` raises, and UserError as `extend` does.
    """
    model = replace(base, network=copy.deepcopy(base.network))
    fates = []
    for place, step in steps:
        check()
        watched = Calibration(lambda: checked(calibration.batches(), check), calibration.count)
        context = Context(model.config, model.choice, watched, check=check)
        try:
            model = extend(model, [step], context, _all_fitted)
        except _Anew as error:
            lost = error.matching.total - error.matching.loaded
            reason = Message(code="try.anew", args={"lost": lost, "total": error.matching.total})
            fates.append(StepFate(step=place, acts="cannot", reason=reason))
            continue
        fates.append(_fate(place, step))
    return model, tuple(fates)


def checked(batches: Iterator[Any], check: Check) -> Iterator[Any]:
    """The same, asking before each whether anybody still waits."""
    for one in batches:
        check()
        yield one


def _all_fitted(matching: Matching) -> None:
    if matching.loaded < matching.total:
        raise _Anew(matching)


def _fate(place: int, step: Step) -> StepFate:
    if make(step).phase in ACTING:
        return StepFate(step=place, acts="training", reason=Message(code="try.training"))
    return StepFate(step=place, acts="now")
