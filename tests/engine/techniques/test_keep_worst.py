"""The convolutions that int8 hurts most: found when a step acts, kept in float, recorded, told, and foreseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.figures import Figure, pick
from engine.contract.recipe import Step
from engine.contract.sensitivity import LayerError, LayerErrors, digest_of
from engine.contract.text.messages import Cancelled
from engine.graph.roles import convolutions
from engine.recipe.foresight import knowing
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from engine.technique.base import Calibration, Context, Technique
from engine.technique.float_layers import Quantising
from tests.engine.small_detectors import TracedHere, choice_of, context_of, fresh, graph_of, outputs_of, stir

KEY = "ssdlite_mobilenet_v3_small"
KEYS = ("quant_post", "quant_aware")


def made(key: str, record: dict[str, Any] | None = None, **params: Any) -> Quantising:
    technique = make(Step(technique=key, params=params), record)
    assert isinstance(technique, Quantising)
    return technique


def shown(count: int = 1, told: Any = lambda *_: None) -> Context:
    """A context whose noise is to be taken for pictures."""
    chance, choice = np.random.default_rng(0), choice_of(KEY)
    images = [{"image": chance.normal(size=(1, 3, 96, 96)).astype("float32")} for _ in range(count)]
    return Context(context_of(KEY).config, choice, Calibration(lambda: iter(images), count), told=told)


def errors(**worst: float) -> dict[str, float]:
    """Small errors of all convolutions, but for those that are named, with _ for each point."""
    found = {op.layer: 0.001 for op in convolutions(graph_of(KEY))}
    return found | {name.replace("__", "."): error for name, error in worst.items()}


def nb(figures: list[Figure]) -> Figure:
    found = pick(figures, "nb_bytes", precision="int8")
    assert found is not None
    return found


@pytest.mark.parametrize("key", KEYS)
def test_that_those_above_the_limit_stay_float_the_worst_first_while_they_are_small(key: str) -> None:
    graph, technique = graph_of(KEY), made(key, keep_share=0.01)
    small, large = "backbone.conv3.linear_conv.conv", "backbone.conv13.conv"
    told = errors(backbone__conv3__linear_conv__conv=0.03, backbone__conv13__conv=0.5)
    assert [each["layer"] for each in technique.choose(graph, told)] == [small]
    wide = made(key, keep_share=1.0).choose(graph, told)
    assert [each["layer"] for each in wide] == [large, small] and wide[0]["bytes"] > technique.spare_bytes(graph)
    assert made(key, keep_worst=0).choose(graph, told) == [] and made(key, keep_worst=0).spare_bytes(graph) == 0
    all_bad = technique.choose(graph, dict.fromkeys(told, 0.9))
    assert 0 < sum(each["bytes"] for each in all_bad) <= technique.spare_bytes(graph)


@pytest.mark.parametrize("key", KEYS)
def test_that_a_step_finds_records_and_tells_them(key: str) -> None:
    from engine.detector.change.int8_errors import int8_errors

    network, _ = fresh(KEY)
    stir(network)
    before, heard = outputs_of(network), []
    context, candidates = shown(1, lambda *place: heard.append(place)), made(key).int8_layers(graph_of(KEY))
    images = [picture["image"] for picture in context.calibration.batches()]  # type: ignore[union-attr]
    found = int8_errors(network, images, only=candidates)
    params: dict[str, Any] = {"keep_worst": sorted(found.values())[-4], "keep_share": 1.0}
    technique = made(key, **params)
    expected = technique.choose(graph_of(KEY), found)
    assert len(expected) == 3 and heard == []
    record = technique.transform(network, context)
    assert record is not None and record["worst"] == expected and heard[-1] == (len(candidates),) * 2
    if key == "quant_post":
        for ours, theirs in zip(outputs_of(network), before, strict=True):
            assert np.array_equal(ours, theirs)
        assert {each["layer"] for each in expected} <= set(record["keep_float"])
    else:
        assert not {each["layer"] for each in expected} & set(record["layers"])
    stack = TracedHere.of_steps(choice_of(KEY), [Step(technique=key, params=params)], [record])
    assert stack.int8_layers() == candidates - {each["layer"] for each in expected}
    (message,) = stack.techniques[0].findings()
    assert message.code == "keep_worst.kept" and expected[0]["layer"] in message.text()


@pytest.mark.parametrize("key", KEYS)
def test_that_an_old_record_means_what_it_meant(key: str) -> None:
    old = {"algorithm": "hist", "keep_float": []} if key == "quant_post" else {"layers": [], "kept_float": []}
    was = TracedHere.of_steps(choice_of(KEY), [Step(technique=key)], [old])
    plain = TracedHere.of_steps(choice_of(KEY), [Step(technique=key, params={"keep_worst": 0})])
    assert was.int8_layers() == plain.int8_layers() and nb(was.figures()) == nb(plain.figures())
    assert was.techniques[0].findings() == []


def test_that_it_can_be_stopped_between_two_layers_and_leaves_the_network() -> None:
    network, _ = fresh(KEY)
    stir(network)
    before = outputs_of(network)

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        made("quant_post").transform(network, shown(1, stop))
    for ours, theirs in zip(outputs_of(network), before, strict=True):
        assert np.array_equal(ours, theirs)


def test_that_the_preview_spans_what_may_be_found_and_is_exact_once_that_was_measured(tmp_path: Path) -> None:
    weights = tmp_path / "checkpoints" / "best.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    bare = TracedHere(choice_of(KEY))
    technique = made("quant_post")
    assert knowing(technique, bare, (), tmp_path) is technique
    unknown, none = bare.under(technique), bare.under(made("quant_post", keep_worst=0))
    wide, plain = nb(unknown.figures()), nb(none.figures())
    assert wide.value == plain.value and wide.low < plain.low and wide.high > plain.high  # type: ignore[operator]

    told = errors(backbone__conv3__linear_conv__conv=0.03)
    layers = tuple(LayerError(layer=name, shape=(1,), groups=1, error=error) for name, error in told.items())
    file = LayerErrors.file(tmp_path, 16, digest_of(weights))
    file.parent.mkdir()
    file.write_text(LayerErrors(pictures=16, layers=layers).model_dump_json())
    known = bare.under(knowing(technique, bare, (), tmp_path))
    assert none.int8_layers() - known.int8_layers() == {"backbone.conv3.linear_conv.conv"}
    figure = nb(known.figures())
    assert wide.low < figure.low and figure.high < wide.high  # type: ignore[operator]
    for earlier in ("filter_prune", "distill"):  # then they are not the weights that were measured
        before: list[Technique] = [make(Step(technique=earlier))]
        assert knowing(technique, bare, before, tmp_path) is technique
    schedule: list[Technique] = [make(Step(technique="lr_schedule"))]
    assert knowing(technique, bare, schedule, tmp_path) is not technique
    weights.write_bytes(b"other weights")
    assert knowing(technique, bare, (), tmp_path) is technique


def test_that_a_stack_knows_what_was_recorded_of_steps_that_acted() -> None:
    steps = [Step(technique="lr_schedule"), Step(technique="quant_post")]
    acted = Stack.of_steps(choice_of(KEY), steps, [None, {"worst": []}])
    assert [technique.record for technique in acted.techniques] == [{}, {"worst": []}]
    assert [technique.record for technique in Stack.of_steps(choice_of(KEY), steps).techniques] == [None, None]
