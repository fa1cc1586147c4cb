"""Which float weights of an int8 file are stored in 8 bits, and that the file holds what was chosen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.detector.base.spec import detector_specs
from engine.detector.predict.pictures import to_inputs
from engine.lite.opt import optimise
from engine.lite.optimised import OptimisedProgram
from engine.lite.packing import FILE, FloatWeight, choose, read_packing
from engine.model.assembly import assemble, extend
from engine.model.export import save_for_lite
from engine.technique.base import Calibration, Context

DETECTOR = "ssdlite_mobilenet_v3_small"


def weight(name: str, saved: int, error: float) -> FloatWeight:
    return FloatWeight(name, saved, error, packed=False)


def test_that_what_saves_most_for_its_error_comes_first_until_it_is_too_much() -> None:
    weights = [weight("first", 600, 0.04), weight("head", 50_000, 0.006), weight("squeeze", 2000, 0.008)]
    chosen = choose([*weights, weight("tiny", -8, 0.0)], most=0.01)
    assert {one.weight: one.packed for one in chosen} == {"first": False, "head": True, "squeeze": True, "tiny": False}
    assert [one.packed for one in choose(chosen, most=0.009)].count(True) == 1
    assert not any(one.packed for one in choose(chosen, most=0.0))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained detector, quantised after training on noise, saved."""
    import paddle

    paddle.seed(0)
    out = tmp_path_factory.mktemp("program")
    model = assemble(DetectorChoice(key=DETECTOR, size=detector_specs()[DETECTOR].sizes.min, classes=("a", "b")))

    def batches() -> Iterator[Any]:
        chance = np.random.default_rng(0)
        return (to_inputs(chance.integers(0, 256, (96, 96, 3), np.uint8), model.config) for _ in range(4))

    calibration = Calibration(batches, 4)
    steps = [Step(technique="quant_post", params={"algorithm": "abs_max"})]
    model = extend(model, steps, Context(model.config, model.choice, calibration))
    return save_for_lite(model, out, calibration)


def not_to_pack(made: OptimisedProgram, names: set[str]) -> set[str]:
    """Which of those weights belong to convolutions of the kind that Lite never packs."""
    slots = ((operation.kind, operation.inputs.get("Filter", ("",))[0]) for operation in made.operations)
    return {name for kind, name in slots if kind == "depthwise_conv2d" and name in names}


def test_that_every_float_convolution_is_weighed(program: Path) -> None:
    found = read_packing(program)
    assert any(one.packed for one in found) and all(one.error >= 0 for one in found)
    assert {one.weight for one in found} >= {"conv2d_0.w_0"}  # the first convolution stays float by default


def test_that_the_file_holds_what_was_chosen_and_nothing_else_changes(program: Path, tmp_path: Path) -> None:
    found = read_packing(program)
    kept = next(one.weight for one in found if one.saved > 0)
    sizes = {}
    for name, packed in (("all", True), ("one", False)):
        choice = [{**vars(one), "packed": packed or one.weight != kept} for one in found]
        (program / FILE).write_text(json.dumps(choice), encoding="utf-8")
        made = optimise(program, tmp_path / f"{name}.nb", target="arm", precision="int8")
        assert not_to_pack(made, {one.weight for one in found}) == (set() if packed else {kept})
        sizes[name] = (tmp_path / f"{name}.nb").stat().st_size
    assert 0.9 < (sizes["one"] - sizes["all"]) / next(one.saved for one in found if one.weight == kept) < 1.5
