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
    """Prune by the ratios and train for so many epochs, with what else belongs to it.

    A long recovery learns from the start as well; for the short ones, which are only compared, that takes too long.
    """
    length: dict[str, Any] = {"recovery": "own", "epochs": epochs}
    cut = Step(technique="filter_prune", params=step_params(ratios, ALIGN))
    steps = [cut, *(step for step in others(job, detector) if step.technique != "distill" or (long and epochs))]
    return tuple(
        step if step.technique == "quant_post" else step.model_copy(update={"params": step.params | length})
        for step in steps
    )


def others(job: FitJob, detector: str) -> tuple[Step, ...]:
    """What a winner gets besides its cut: where the family allows a loss on overlap, PKD from the start; then int8."""
    overlap = [Step(technique="iou_loss")] if find_spec(detector).family == "yolov3" else []
    taught = Step(technique="distill", params={"kind": "pkd", "weight": TEACHING})
    int8 = [Step(technique="quant_post")] if job.precision == "int8" else []
    return (*overlap, taught, *int8)
