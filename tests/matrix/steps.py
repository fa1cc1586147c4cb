"""The recipe that a cell of the matrix tries a technique with."""

from __future__ import annotations

from functools import cache

from engine.contract.matrix import PLAIN
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe, Step
from engine.detector.base.spec import detector_specs
from engine.recipe.plan import problems
from tests.fakes.datasets import CLASSES

OTHERWISE: dict[str, tuple[Step, ...]] = {
    "backbone_swap": (Step(technique="backbone_swap", params={"backbone": "mobilenet_v1"}),),
    "backbone_lr": (Step(technique="backbone_swap"), Step(technique="backbone_lr")),
    "neck_extra_levels": (Step(technique="neck_levels", params={"top": "c4"}), Step(technique="neck_extra_levels")),
}
"""How a technique is tried where the plan refuses it alone with its defaults: with others, or behind what it needs."""


def choice_of(detector: str) -> DetectorChoice:
    """The detector as it is tried: as small as it can be."""
    return DetectorChoice(key=detector, size=detector_specs()[detector].sizes.min, classes=CLASSES)


@cache
def steps_of(technique: str, detector: str) -> tuple[Step, ...]:
    """The technique with its defaults, or otherwise if only so it can be; no step for a detector by itself."""
    if technique == PLAIN:
        return ()
    alone, otherwise = (Step(technique=technique),), OTHERWISE.get(technique, ())
    return otherwise if otherwise and _refused(alone, detector) and not _refused(otherwise, detector) else alone


def _refused(steps: tuple[Step, ...], detector: str) -> bool:
    return bool(problems(Recipe(name="cell", steps=steps), choice_of(detector)))
