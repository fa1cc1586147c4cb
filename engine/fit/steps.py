"""The recipe of a cut: what is pruned, how it recovers, and int8 if that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.contract.fit.front import ALIGN, step_params
from engine.contract.fit.job import FitJob
from engine.contract.recipe import Step
from engine.detector.base.spec import find_spec

TEACHING = 2.0
"""Weight of PKD in a long recovery: of 1 and 2 the better on bccd (docs/real-run.md)."""


def steps_of(
    job: FitJob, ratios: Mapping[str, float], detector: str, epochs: int, *, long: bool = False
) -> tuple[Step, ...]:
    """Prune by the ratios and train for so many epochs, where the family allows under a loss on overlap; then int8.

    A long recovery learns from the start as well; for the short ones, which are only compared, that takes too long.
    """
    length: dict[str, Any] = {"recovery": "own", "epochs": epochs}
    steps = [Step(technique="filter_prune", params=step_params(ratios, ALIGN) | length)]
    if find_spec(detector).family == "yolov3":
        steps.append(Step(technique="iou_loss", params=length))
    if long and epochs:
        steps.append(Step(technique="distill", params={"kind": "pkd", "weight": TEACHING, **length}))
    if job.precision == "int8":
        steps.append(Step(technique="quant_post"))
    return tuple(steps)
