"""What can be exported for what: the reason why not, before anything is started."""

from __future__ import annotations

from collections.abc import Mapping

from engine.contract.phones import Phone
from engine.contract.refusals import bench_refusal, export_refusal
from engine.contract.run.job import Precision, Target, TrainJob
from engine.contract.text.messages import Message
from studio.i18n import tr
from studio.stores.catalog import CatalogStore
from studio.stores.run import Run

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


def export_reason(target: Target, precision: Precision, quantised: bool | None) -> str | None:
    """Why a model cannot be exported so, in a sentence; None if it can. What is not known is left to the engine."""
    return _words(export_refusal(target, precision, quantised))


def measure_reason(precision: Precision, quantised: bool | None, phone: Phone | None) -> str | None:
    """Why a precision cannot be measured on the phone; None if it can. What is not known is left to the engine."""
    fp16, soc = (None, "") if phone is None else (phone.fp16, phone.soc or "?")
    return _words(bench_refusal(precision, "arm", quantised, fp16, soc))


def _words(refused: Message | None) -> str | None:
    """What a form says of it, which is shorter than what the command line says."""
    if refused is None:
        return None
    if refused.code == "export.opencl_int8":
        return tr("studio.phone.no_opencl_int8")
    if refused.code == "export.x86_fp16":
        return tr("studio.phone.no_x86_fp16")
    if refused.code == "export.not_quantised":
        return tr("studio.phone.not_quantised")
    if refused.code == "phone.no_fp16":
        return tr("studio.bench.no_fp16")
    return tr("studio.phone.quantised_only_int8")
