"""A slower backbone: what each parameter really gets is read off the optimiser's state after a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.contract.recipe import Step
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError
from engine.model.assembly import assemble, extend
from engine.recipe.plan import problems
from engine.recipe.registry import make
from engine.technique.base import Base
from engine.techniques.backbone_lr import BackboneLr
from tests.engine.recipe.test_plan import recipe
from tests.engine.small_detectors import choice_of

FACTORS = [0.1, 0.2, 0.4, 0.6, 0.8]
GENERAL, OWN = 3e-4, 2e-5
RATE, GRADIENT, VALUE = 0.1, 1e-4, 0.5


def learnt(network: Any, optimizer: str) -> dict[str, tuple[float, float]]:
    """Each parameter's (rate factor, decay), from one real step in which all gradients and all values are equal."""
    from engine.detector.train.optimiser import make_optimiser, optimiser_arrays

    parameters = {name: p for name, p in network.named_parameters() if not p.stop_gradient}
    for parameter in parameters.values():
        parameter.set_value(np.full(parameter.shape, VALUE, "float32"))
    settings = TrainSettings(optimizer=optimizer, learning_rate=RATE, weight_decay=GENERAL)  # type: ignore[arg-type]
    optimiser = make_optimiser(dict(network.named_parameters()), settings)
    optimiser.set_lr(RATE)
    sum((parameter * GRADIENT).sum() for parameter in parameters.values()).backward()
    optimiser.step()
    state = optimiser_arrays(optimiser, dict(network.named_parameters()))
    found = {}
    for name, parameter in parameters.items():
        # Momentum keeps gradient + decay * value, Adam a tenth of it and steps by its sign.
        momentum = optimizer == "momentum"
        kept = float(state[f"velocity.{name}" if momentum else f"moment1.{name}"].mean()) * (1 if momentum else 10)
        step = VALUE - float(parameter.numpy().astype(np.float64).mean())
        found[name] = step / (RATE * (kept if momentum else 1)), (kept - GRADIENT) / VALUE
    return found


def factor_of(name: str, factors: list[float], blocks: int) -> float:
    """The factor that ppdet gives a parameter: one for each three blocks and all that follows them, the head 1."""
    if not name.startswith("backbone."):
        return 1.0
    place = int(name.split(".")[1].removeprefix("conv"))
    return factors[min(max(0, min(place - 2, blocks)) // 3, len(factors) - 1)]


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
@pytest.mark.parametrize("key", ["ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v3_large"])
def test_that_each_stage_gets_its_rate_and_decay(key: str, optimizer: str) -> None:
    step = Step(technique="backbone_lr", params={"factors": FACTORS, "decay": OWN})
    model = extend(assemble(choice_of(key)), (step,))
    found = learnt(model.network, optimizer)
    # A step by momentum is a hundred-thousandth of the values here, near the end of a float's digits.
    wanted = {name: factor_of(name, FACTORS, 11 if "small" in key else 15) for name in found}
    assert {name: factor for name, (factor, _) in found.items()} == pytest.approx(wanted, rel=0.02, abs=0.01)
    reached = set(wanted.values())
    assert reached == {*(FACTORS[:4] if "small" in key else FACTORS), 1.0}
    for name, (_, decay) in found.items():
        if name.startswith("backbone."):
            assert decay == pytest.approx(0 if ".bn." in name else OWN, abs=1e-7), name
    assert any(decay == pytest.approx(GENERAL, rel=1e-2) for _, decay in found.values()) == (key[:4] == "yolo")


def test_that_without_the_step_no_stage_is_slower_and_the_backbone_of_yolov3_does_not_decay_at_all() -> None:
    # ppdet gives MobileNetV3's convolutions a decay of 0 of their own, which wins over the optimiser's.
    found = learnt(assemble(choice_of("yolov3_mobilenet_v3_large")).network, "adam")
    assert all(factor == pytest.approx(1, rel=0.02) for factor, _ in found.values())
    assert all(decay == pytest.approx(0, abs=1e-7) for name, (_, decay) in found.items() if "backbone" in name)


def test_that_a_step_that_only_slows_the_backbone_loses_no_weight() -> None:
    from engine.detector.network.checkpoint import network_arrays

    told: list[Any] = []
    base = assemble(choice_of("ssdlite_mobilenet_v3_small"))
    after = extend(base, (Step(technique="backbone_lr"),), rebuilt=told.append)
    assert after.network is not base.network and told[0].loaded == told[0].total
    arrays = network_arrays(after.network)
    for name, value in network_arrays(base.network).items():
        np.testing.assert_array_equal(arrays[name], value)


def test_that_a_backbone_with_one_rate_is_refused_as_it_is_after_a_swap() -> None:
    choice = choice_of("yolov3_mobilenet_v1")
    assert [m.code for m in BackboneLr({}).check([], Base(choice))] == ["backbone_lr.one_rate"]
    swap = make(Step(technique="backbone_swap", params={"backbone": "mobilenet_v3_small"}))
    assert BackboneLr({}).check([swap], Base(choice)) == []
    away = recipe(("backbone_lr", {}), ("backbone_swap", {"backbone": "lcnet"}))
    found = problems(away, choice_of("yolov3_mobilenet_v3_large"))
    assert [(problem.step, problem.message.code) for problem in found] == [(0, "backbone_lr.one_rate")]
    assert "LCNet" in found[0].message.text("zh") and "MobileNetV3" in found[0].message.text("en")
    with pytest.raises(UserError, match="one rate only"):
        assemble(choice, (Step(technique="backbone_lr"),), (None,))
