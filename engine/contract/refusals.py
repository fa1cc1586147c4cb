"""What cannot be exported, and what cannot be measured on a phone: why, each rule once."""

from __future__ import annotations

from engine.contract.run.job import Backend, Precision, Target
from engine.contract.text.messages import Message

TARGETS: tuple[Target, ...] = ("arm", "opencl", "x86")
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
TWO_STAGE = "rcnn"
"""The family of detectors with a box head on regions."""


def export_refusal(target: Target, precision: Precision, quantised: bool | None) -> Message | None:
    """Why a model cannot be exported so; None if it can. `quantised` None: that is not known and not judged by."""
    if target == "opencl" and (precision == "int8" or quantised):
        return Message(code="export.opencl_int8")
    if target == "x86" and precision == "fp16":
        return Message(code="export.x86_fp16")
    if quantised is False and precision == "int8":
        return Message(code="export.not_quantised")
    if quantised and precision == "fp16":
        return Message(code="export.int8_fp16")
    if quantised and precision == "fp32":
        return Message(code="export.quantised_fp32")
    return None


def detector_refusal(key: str, family: str, target: Target) -> Message | None:
    """Why the detector `key` of that family cannot be converted for a target; None if it can."""
    if target != "arm" and family == TWO_STAGE:
        return Message(code="export.two_stage", args={"key": key, "target": target})
    return None


def bench_refusal(
    precision: Precision, backend: Backend, quantised: bool | None, phone_fp16: bool | None, soc: str
) -> Message | None:
    """Why this cannot be measured on a phone; None if it can. A float run becomes int8 for the bench.

    `phone_fp16` is whether the phone's processor, called `soc`, computes in fp16, None while that is not known.
    """
    refused = export_refusal(backend, precision, True if precision == "int8" else quantised)
    if refused is None and precision == "fp16" and backend == "arm" and phone_fp16 is False:
        return Message(code="phone.no_fp16", args={"soc": soc})
    return refused
