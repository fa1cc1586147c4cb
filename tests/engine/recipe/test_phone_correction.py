"""Benches on real phones in a project correct its estimates; simulated, throttled and refused ones do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.latency import PhoneChoice
from engine.contract.phones import BenchResult, BenchRow, Phone, keep
from engine.contract.project import DetectorChoice
from engine.recipe.phone_correction import correct
from engine.recipe.phone_latency import phone_estimate
from engine.recipe.stack import Stack

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("a", "b", "c", "d"))
PHONE = PhoneChoice(soc="SD855", threads=4)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with one run; what its checkpoint would say of the network is put in its place."""
    (tmp_path / "runs" / "0001-base").mkdir(parents=True)
    checkpoint = tmp_path / "runs" / "0001-base" / "best.safetensors"
    checkpoint.touch()
    monkeypatch.setattr("engine.recipe.phone_correction.checkpoint_of", lambda run: checkpoint)
    monkeypatch.setattr("engine.recipe.phone_correction.stack_of", lambda checkpoint: Stack(CHOICE))
    return tmp_path


def bench(project: Path, times: float, simulated: bool = False, choice: PhoneChoice = PHONE, **row: object) -> None:
    """Keep a bench that took so many times what is estimated."""
    ms = times * phone_estimate(Stack(CHOICE), choice).figure.value
    held = {"precision": "fp32", "backend": "arm", "threads": 4, "median_ms": ms} | row
    phone = Phone(serial="x", state="ready", soc=choice.soc, soc_key=choice.soc, simulated=simulated)
    result = BenchResult(
        run="0001-base", time=times, phone=phone, input="160x160", runtime="v2.13-rc",
        rows=(BenchRow.model_validate(held),),
    )  # fmt: skip
    keep(project / "runs" / "0001-base", result)


def test_a_bench_on_a_phone_with_the_chip_corrects_the_estimate(project: Path) -> None:
    told = phone_estimate(Stack(CHOICE), PHONE)
    assert correct(told, project) == told
    bench(project, 1.5)
    found = correct(told, project)
    assert found.figure.value == pytest.approx(1.5 * told.figure.value)
    assert sum(share.ms for share in found.shares) == pytest.approx(found.figure.value)
    assert found.notes[-1].code == "latency.corrected"
    assert found.figure.source == "estimated"
    assert None not in (found.figure.low, found.figure.high)


def test_that_one_real_bench_corrects_a_chip_without_published_times_and_a_simulated_one_nothing(project: Path) -> None:
    phone = PhoneChoice(soc="SD8Gen2", threads=4)
    told = phone_estimate(Stack(CHOICE), phone)
    assert told.figure.conditions.borrowed == "SD865"
    assert [note.code for note in told.notes] == ["latency.borrowed"]
    bench(project, 1.5, simulated=True, choice=phone)
    assert correct(told, project) == told
    bench(project, 1.4, choice=phone)
    found = correct(told, project)
    assert found.figure.value == pytest.approx(1.4 * told.figure.value)
    assert found.figure.conditions.borrowed == "SD865" and found.notes[-1].code == "latency.corrected"
    widths = [figure.high / figure.low for figure in (told.figure, found.figure) if figure.high and figure.low]
    assert widths[1] < widths[0]


@pytest.mark.parametrize(
    "row",
    [
        {"simulated": True},
        {"throttled": True},
        {"backend": "opencl"},
        {"threads": 1},
        {"median_ms": None},
        {"precision": "fp16"},
        {"precision": "int8", "quantised_here": True},
    ],
)
def test_other_benches_correct_nothing(project: Path, row: dict[str, object]) -> None:
    bench(project, 1.5, **row)  # type: ignore[arg-type]
    told = phone_estimate(Stack(CHOICE), PHONE)
    assert correct(told, project) == told
