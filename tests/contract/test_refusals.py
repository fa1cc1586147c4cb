"""What cannot be exported or measured, by one set of rules."""

from __future__ import annotations

import pytest

from engine.contract.refusals import PRECISIONS, TARGETS, bench_refusal, detector_refusal, export_refusal
from engine.contract.run.job import Backend, Precision


def codes(quantised: bool | None) -> dict[tuple[str, str], str]:
    refused = {(t, p): export_refusal(t, p, quantised) for t in TARGETS for p in PRECISIONS}
    return {place: message.code for place, message in refused.items() if message is not None}


def test_that_a_float_model_has_no_int8_and_a_quantised_one_nothing_else() -> None:
    never = {("opencl", "int8"): "export.opencl_int8", ("x86", "fp16"): "export.x86_fp16"}
    assert codes(None) == never
    assert codes(False) == never | {("arm", "int8"): "export.not_quantised", ("x86", "int8"): "export.not_quantised"}
    assert codes(True) == never | {
        ("arm", "fp16"): "export.int8_fp16",
        ("arm", "fp32"): "export.quantised_fp32",
        ("x86", "fp32"): "export.quantised_fp32",
        ("opencl", "fp16"): "export.opencl_int8",
        ("opencl", "fp32"): "export.opencl_int8",
    }


def test_that_a_two_stage_detector_is_for_arm_alone() -> None:
    assert detector_refusal("a", "rcnn", "arm") is None and detector_refusal("a", "ssd", "x86") is None
    refused = detector_refusal("a", "rcnn", "opencl")
    assert refused is not None and refused.args == {"key": "a", "target": "opencl"}


@pytest.mark.parametrize(
    ("precision", "backend", "quantised", "fp16", "code"),
    [
        ("int8", "arm", False, None, None),
        ("int8", "opencl", False, None, "export.opencl_int8"),
        ("fp16", "arm", False, True, None),
        ("fp16", "arm", None, None, None),
        ("fp16", "arm", False, False, "phone.no_fp16"),
        ("fp16", "opencl", False, False, None),
        ("fp16", "arm", True, False, "export.int8_fp16"),
        ("fp32", "arm", True, None, "export.quantised_fp32"),
    ],
)
def test_that_a_bench_quantises_a_float_run_and_asks_for_what_the_phone_has(
    precision: Precision, backend: Backend, quantised: bool | None, fp16: bool | None, code: str | None
) -> None:
    refused = bench_refusal(precision, backend, quantised, fp16, "SD835")
    assert (refused.code if refused else None) == code
