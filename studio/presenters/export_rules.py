"""What can be exported for what: the reason why not, before anything is started."""

from __future__ import annotations

from collections.abc import Mapping

from engine.contract.run.job import Precision, Target, TrainJob
from studio.i18n import tr
from studio.stores.catalog import CatalogStore
from studio.stores.run import Run

TARGETS: tuple[Target, ...] = ("arm", "opencl", "x86")
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
QUANTISE = "quantise"


def is_quantised(run: Run, runs: Mapping[str, Run], catalog: CatalogStore) -> bool | None:
    """Whether the run, or one that it descends from, has a step of the phase that quantises; None while unknown."""
    seen: set[str] = set()
    unknown = False
    current: Run | None = run
    while current is not None and current.name not in seen:
        seen.add(current.name)
        job = current.job
        for step in job.steps if isinstance(job, TrainJob) else ():
            card = catalog.technique(step.technique)
            unknown |= card is None
            if card is not None and card.phase == QUANTISE and step.enabled:
                return True
        current = runs.get(current.parent or "")
    return None if unknown else False


def export_refusal(target: Target, precision: Precision, quantised: bool | None) -> str | None:
    """Why a model cannot be exported so, in a sentence; None if it can. What is not known is left to the engine."""
    if target == "opencl" and (precision == "int8" or quantised):
        return tr("studio.phone.no_opencl_int8")
    if target == "x86" and precision == "fp16":
        return tr("studio.phone.no_x86_fp16")
    if quantised is None:
        return None
    if precision == "int8":
        return None if quantised else tr("studio.phone.not_quantised")
    return tr("studio.phone.quantised_only_int8") if quantised else None
