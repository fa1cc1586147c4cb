"""Techniques on a detector: in what order they act, what is made again, and whether the network is int8."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine.contract.figures import pick
from engine.contract.recipe import Step
from engine.contract.text.messages import UserError
from engine.graph.graph import Graph
from engine.recipe import stack as stacks
from engine.recipe.registry import make
from engine.recipe.stack import Stack, stack_of
from engine.techniques.filter_prune import FilterPrune
from tests.engine.small_detectors import TracedHere, choice_of, graph_of

KEY, WIDE = "ssdlite_mobilenet_v3_small", "ssdlite_mobilenet_v3_large"
POST, AWARE = Step(technique="quant_post"), Step(technique="quant_aware")


class Widen(FilterPrune):
    """Configures something."""

    key = "widen"

    def configure(self, config: dict[str, Any]) -> None:
        config["backbone"]["scale"] = 0.5


def params(stack: Stack) -> float:
    figure = pick(stack.figures(), "params")
    assert figure is not None
    return figure.value


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The configurations that were traced; what Widen configures is in truth another detector."""
    told: list[str] = []

    def traced(config: str) -> Graph:
        told.append(config)
        return graph_of(WIDE if '"scale": 0.5' in config else KEY)

    monkeypatch.setattr(stacks, "_traced", traced)
    return told


def test_that_techniques_act_in_order() -> None:
    half = FilterPrune({"ratio": 0.5})
    bare, once, twice = (TracedHere(choice_of(KEY), (half,) * times) for times in range(3))
    assert twice.graph.tensors == half.estimate(half.estimate(graph_of(KEY))).tensors
    assert params(bare) > params(once) > params(twice)


def test_that_a_stack_upon_another_is_the_same_as_one_at_once_and_changes_only_what_is_new(
    seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    half, less = FilterPrune({"ratio": 0.5}), FilterPrune({"ratio": 0.2})
    low = Stack(choice_of(KEY)).under(half)
    assert low.graph.tensors != graph_of(KEY).tensors
    monkeypatch.setattr(half, "estimate", lambda graph: pytest.fail("it has acted already"))
    high = low.under(less)
    assert high.techniques == (half, less)
    monkeypatch.undo()
    assert high.graph.tensors == less.estimate(half.estimate(graph_of(KEY))).tensors


def test_that_what_a_technique_configures_is_traced_and_all_are_applied_again(seen: list[str]) -> None:
    half, widen = FilterPrune({"ratio": 0.5}), Widen({"ratio": 0})
    wide = Stack(choice_of(KEY)).under(half).under(widen)
    assert wide.graph.tensors == half.estimate(graph_of(WIDE)).tensors
    assert ['"scale": 0.5' in config for config in seen] == [True, False]


@pytest.mark.parametrize(
    ("steps", "quantising", "on_program"),
    [((), None, False), ((Step(technique="lr_schedule"),), None, False), ((POST,), "quant_post", True),
     ((AWARE,), "quant_aware", False), ((AWARE, POST), "quant_post", True)],
)  # fmt: skip
def test_that_a_stack_knows_whether_the_network_is_int8(
    steps: tuple[Step, ...], quantising: str | None, on_program: bool
) -> None:
    stack = TracedHere.of_steps(choice_of(KEY), steps)
    assert (stack.quantising and stack.quantising.key) == quantising
    assert stack.quantised == (quantising is not None) and stack.acts_on_program == on_program
    layers = make(steps[-1]).int8_layers(graph_of(KEY)) if quantising else set()
    assert stack.int8_layers() == layers
    precisions = {figure.conditions.precision for figure in stack.figures() if figure.name == "nb_bytes"}
    assert precisions == ({"fp32", "int8"} if quantising else {"fp32"})


def test_that_what_cannot_act_is_told() -> None:
    wrong = FilterPrune({"ratios": {"nowhere": 0.5}})
    with pytest.raises(UserError, match="nowhere"):
        TracedHere(choice_of(KEY), (wrong,)).figures()
    with pytest.raises(UserError, match="nothing_such"):
        Stack.of_steps(choice_of(KEY), (Step(technique="nothing_such"),))


def test_that_the_stack_of_a_checkpoint_is_read_again_when_the_file_changes(tmp_path: Path) -> None:
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import save

    file = tmp_path / "best.safetensors"
    for number, steps in enumerate(((POST,), (AWARE,))):
        save(file, CheckpointInfo(choice=choice_of(KEY), steps=steps, records=(None,)), {})
        os.utime(file, (number, number))
        assert [technique.key for technique in stack_of(file).techniques] == [steps[0].technique]
        assert stack_of(file) is stack_of(file)
    with pytest.raises(OSError):
        stack_of(tmp_path / "none.safetensors")
