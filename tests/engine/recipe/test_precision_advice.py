"""Which precision should be fastest, with its probability, and that int8 can be slower."""

from __future__ import annotations

import json

import pytest

from engine.cli import main
from engine.contract.latency import PhoneChoice
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.recipe.precision_advice import SURE, advice
from engine.recipe.registry import make
from engine.recipe.stack import Stack

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("a", "b", "c", "d"))


@pytest.mark.parametrize("soc", ["SD855", "SD8Gen2", "D8100"])
def test_that_all_three_are_weighed_and_int8_is_warned_of(soc: str) -> None:
    told = advice(Stack(CHOICE), PhoneChoice(soc=soc, threads=4), None)
    assert {time.precision for time in told.times} == {"fp32", "fp16", "int8"}
    assert sum(time.chance for time in told.times) == pytest.approx(1)
    assert [time.chance for time in told.times] == sorted((time.chance for time in told.times), reverse=True)
    assert told.best.args["precision"] == told.times[0].precision
    assert (told.best.code == "latency.fastest") == (told.times[0].chance >= SURE)
    assert [warning.code for warning in told.warnings] == ["latency.int8_slower", "latency.int8_supposed"]
    assert told.warnings[0].args["other"] == "fp16" and 1 <= int(str(told.warnings[0].args["chance"])) <= 99


def test_that_a_chip_without_fp16_is_not_advised_to_it() -> None:
    told = advice(Stack(CHOICE), PhoneChoice(soc="SD835", threads=1), None)
    assert {time.precision for time in told.times} == {"fp32", "int8"}
    assert told.warnings[0].args["other"] == "fp32"


def test_that_a_quantised_network_is_taken_as_it_is() -> None:
    stack = Stack(CHOICE).under(make(Step(technique="quant_post")))
    told = advice(stack, PhoneChoice(soc="SD855", threads=1), None)
    assert [warning.code for warning in told.warnings] == ["latency.int8_slower"]


def test_that_the_command_line_tells_the_advice_and_that_nothing_was_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["estimate", "--detector", CHOICE.key, "--size", "160", "--classes", "4", "--phone", "SD8Elite"]
    assert main([*words, "--threads", "4"]) == 0
    shown = capsys.readouterr().out
    assert "No published time of Snapdragon 8 Elite" in shown and "counts 2 cores" in shown
    assert "int8 can be slower than fp16" in shown
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["figures"][0]["conditions"]["borrowed"] in ("SD855", "SD865")
    assert len(document["precisions"]["times"]) == 3


def test_that_a_preview_tells_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["preview", "ssdlite-phone", "--detector", CHOICE.key, "--size", "160", "--classes", "4"]
    assert main([*words, "--phone", "D9300"]) == 0
    shown = capsys.readouterr().out
    assert "No published time of Dimensity 9300" in shown and "fastest" in shown
