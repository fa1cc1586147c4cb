"""What cards draw: the curves and counts are those of the techniques themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine.cli.verbs.serve import answer_figures
from engine.contract.previews.clips import LayerClip, LayerClips
from engine.contract.previews.drawings import (
    ChannelsAnswer,
    DrawingRequest,
    LayerChannels,
    LayerPrecision,
    PrecisionAnswer,
    RateCurve,
    RatesAnswer,
)
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe, Step
from engine.contract.run.settings import TrainSettings
from engine.contract.sensitivity import LayerError, LayerErrors, digest_of
from engine.contract.text.messages import UserError
from engine.graph.count import conv_macs
from engine.graph.roles import convolutions, first_convolution
from engine.recipe.drawings.answering import answer
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from tests.engine.small_detectors import choice_of, graph_of

KEY = "ssdlite_mobilenet_v3_small"
YOLO = "yolov3_mobilenet_v1"
PRUNE = Step(technique="filter_prune", params={"ratio": 0.5})


@pytest.fixture(autouse=True)
def _traced_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.recipe.stack._traced", lambda config: graph_of(YOLO if "yolov3" in config else KEY))


def ask(drawing: str, *steps: Step, place: int = 0, key: str = KEY, **more: Any) -> dict[str, Any]:
    recipe = Recipe(name="test", steps=steps)
    request = DrawingRequest(drawing=drawing, detector=choice_of(key), recipe=recipe, step=place, **more)
    return answer(request, "engine.recipe.drawings")


def rates(project: ProjectFolder, *steps: Step) -> RatesAnswer:
    return RatesAnswer.model_validate(ask("rates", *steps, project=str(project.root)))


def schedule(**params: Any) -> Step:
    return Step(technique="lr_schedule", params=params)


def same_as_the_technique(curve: RateCurve, step: Step, top: float) -> None:
    technique = make(step)
    expected = [technique.rate(top, at, curve.steps_per_epoch, curve.epochs) for at in curve.steps]
    assert list(curve.rates) == expected


@pytest.mark.parametrize("kind", ["cosine", "piecewise", "constant"])
def test_that_the_curve_is_the_techniques_own_over_the_training_of_the_recipe(
    project: ProjectFolder, kind: str
) -> None:
    step = schedule(kind=kind, warmup_epochs=2.0)
    cut = PRUNE.model_copy(update={"params": {**PRUNE.params, "epochs": 400, "rate_factor": 0.5}})
    told = rates(project, step, cut)
    (curve,) = told.curves
    settings = TrainSettings()
    assert (curve.epochs, curve.steps_per_epoch, told.example) == (400, 8 // settings.batch_size, False)
    same_as_the_technique(curve, step, 0.5 * settings.learning_rate)
    assert curve.steps[0] == 0 and curve.steps[-1] == curve.epochs * curve.steps_per_epoch - 1
    for (at, rate), (after, later) in zip(
        zip(curve.steps, curve.rates, strict=True),
        list(zip(curve.steps, curve.rates, strict=True))[1:],
        strict=False,
    ):
        # A jump lies between two neighbouring steps; elsewhere the points follow the curve.
        assert after - at == 1 or abs(later - rate) < 0.05 * settings.learning_rate
    technique = make(step)
    every = [technique.rate(0.5e-3, at, curve.steps_per_epoch, 400) or 0.0 for at in range(400 * curve.steps_per_epoch)]
    assert max(curve.rates) == max(every)


def test_that_every_training_that_follows_the_schedule_has_its_curve(project: ProjectFolder) -> None:
    aware = Step(technique="quant_aware", params={"epochs": 3})
    told = rates(project, schedule(), PRUNE, aware)
    assert [(curve.label, curve.epochs) for curve in told.curves] == [("compress", 20), ("quant_aware", 3)]
    assert max(told.curves[1].rates) == pytest.approx(0.01 * max(told.curves[0].rates))


def test_that_a_schedule_beside_nothing_that_trains_is_drawn_as_an_example(project: ProjectFolder) -> None:
    told = rates(project, schedule().model_copy(update={"enabled": False}))
    assert told.example and told.curves[0].epochs == TrainSettings().epochs


def test_that_a_step_that_cannot_be_does_not_hide_the_schedule(project: ProjectFolder) -> None:
    told = rates(project, schedule(), PRUNE, Step(technique="balanced_l1"))
    assert told.curves[0].epochs == 20 and not told.example


def test_that_without_a_project_it_is_said_why_there_is_no_curve() -> None:
    with pytest.raises(UserError, match="project"):
        ask("rates", schedule())


def channels(*steps: Step, place: int = 0, key: str = KEY) -> dict[str, LayerChannels]:
    told = ChannelsAnswer.model_validate(ask("channels", *steps, place=place, key=key))
    return {layer.layer: layer for layer in told.layers}


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"ratio": 0.5}, KEY),
        ({"ratio": 0.0, "ratios": {"backbone.conv1.conv": 0.5}}, KEY),
        ({"preset": "head70"}, YOLO),
    ],
)
def test_that_as_many_channels_go_as_the_estimate_says(params: dict[str, Any], key: str) -> None:
    step = Step(technique="filter_prune", params=params)
    found = channels(step, key=key)
    after = make(step).estimate(graph_of(key))
    for layer in found.values():
        assert layer.kept == after.parameters[f"{layer.layer}.weight"][0]
        assert layer.channels == graph_of(key).parameters[f"{layer.layer}.weight"][0]
        assert layer.kept == layer.channels or not layer.locked
    assert any(layer.kept < layer.channels for layer in found.values())
    assert any(layer.locked for layer in found.values())


def test_that_a_second_cut_begins_with_what_the_first_left() -> None:
    once = channels(PRUNE)["backbone.conv1.conv"]
    stacked = channels(PRUNE, Step(technique="filter_prune", params={"ratio": 0.25, "epochs": 1}), place=1)[
        "backbone.conv1.conv"
    ]
    assert stacked.channels == once.kept > stacked.kept


def precision(step: Step, **more: Any) -> PrecisionAnswer:
    return PrecisionAnswer.model_validate(ask("precision", step, **more))


@pytest.mark.parametrize("key", ["quant_post", "quant_aware"])
def test_that_int8_and_float_are_those_of_the_technique_with_the_reason(key: str) -> None:
    kept = "backbone.conv10.linear_conv.conv"
    step = Step(technique=key, params={"skip_depthwise": True, "keep_float": [kept]})
    told, graph = precision(step), graph_of(KEY)
    layers = {layer.layer: layer for layer in told.layers}
    assert {name for name, layer in layers.items() if layer.kept_float is None} == make(step).int8_layers(graph)
    assert list(layers) == list(dict.fromkeys(op.layer for op in convolutions(graph)))
    assert sum(layer.macs for layer in told.layers) == conv_macs(graph)
    assert layers[first_convolution(graph)].kept_float == "first" and layers[kept].kept_float == "chosen"
    assert {layer.kept_float for layer in told.layers} == {None, "first", "output", "squeeze", "depthwise", "chosen"}
    assert not told.measurable and told.errors is None and told.clips is None


def test_that_what_was_measured_of_the_start_is_told_with_when(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, layer = project.runs / "0001-base", "backbone.conv10.linear_conv.conv"
    weights = run / "checkpoints" / "best.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    monkeypatch.setattr("engine.recipe.drawings.subject.stack_of", lambda checkpoint: Stack(choice_of(KEY)))
    digest, step = digest_of(weights), Step(technique="quant_post", params={"pictures": 8})
    errors = LayerErrors(pictures=16, layers=(LayerError(layer=layer, shape=(1,), groups=1, error=0.25),))
    write(LayerErrors.file(run, 16, digest), errors.model_dump_json(), 1000.0)
    clips = LayerClips(pictures=8, layers=(LayerClip(layer=layer, largest=4.0, kept=3.0),))
    write(LayerClips.file(run, step, digest), clips.model_dump_json(), 2000.0)
    named = {"project": str(project.root), "start": run.name}

    told = precision(step, **named)
    assert told.measurable and told.errors is not None and told.clips is not None
    assert (told.errors.pictures, told.errors.at, told.clips.pictures, told.clips.at) == (16, 1000.0, 8, 2000.0)
    assert found(told, layer) == (0.25, 0.25, 4.0)
    other = precision(step.model_copy(update={"params": {"pictures": 9}}), **named)
    assert other.clips is None and found(other, layer) == (0.25, None, None)


def test_that_what_int8_hurts_most_is_told_where_it_was_measured(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, graph = project.runs / "0001-base", graph_of(KEY)
    weights = run / "checkpoints" / "best.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    monkeypatch.setattr("engine.recipe.drawings.subject.stack_of", lambda checkpoint: Stack(choice_of(KEY)))
    named = {"project": str(project.root), "start": run.name}
    step, worst = Step(technique="quant_post"), "backbone.conv10.linear_conv.conv"
    unknown = precision(step, **named)
    assert unknown.worst is not None and not unknown.worst.known and unknown.worst.limit == 0.02
    assert unknown.worst.bytes == make(step).spare_bytes(graph) > 0

    layers = [LayerError(layer=op.layer, shape=(1,), groups=1, error=0.001) for op in convolutions(graph)]
    layers[-1] = LayerError(layer=worst, shape=(1,), groups=1, error=0.03)
    errors = LayerErrors(pictures=16, layers=tuple(layers))
    write(LayerErrors.file(run, 16, digest_of(weights)), errors.model_dump_json(), 1000.0)
    told = precision(step, **named)
    assert [layer.layer for layer in told.layers if layer.kept_float == "worst"] == [worst]
    assert told.worst is not None and told.worst.known and 0 < told.worst.bytes < unknown.worst.bytes
    none = precision(step.model_copy(update={"params": {"keep_worst": 0}}), **named)
    assert none.worst is None and all(layer.kept_float != "worst" for layer in none.layers)


def found(told: PrecisionAnswer, name: str) -> tuple[float | None, ...]:
    layer: LayerPrecision = next(layer for layer in told.layers if layer.layer == name)
    return layer.error, layer.clip, layer.largest


def write(file: Path, text: str, when: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (when, when))


def test_that_clips_are_found_again_whatever_comes_after_calibration() -> None:
    first, longer, other = (
        LayerClips.file(Path("run"), Step(technique="quant_aware", params=params), "digest")
        for params in ({}, {"epochs": 3, "rate_factor": 2.0}, {"moving_rate": 0.8})
    )
    assert first == longer != other
    assert LayerClip(layer="x", largest=2.0, kept=3.0).share == 0.0


def test_that_the_verb_answers_drawings_and_names_those_that_there_are() -> None:
    request = {"detector": choice_of(KEY).model_dump(), "recipe": {"name": "", "steps": [PRUNE.model_dump()]}}
    told = answer_figures({"what": "drawing", "drawing": "channels", "step": 0, **request})
    assert ChannelsAnswer.model_validate(told).layers
    with pytest.raises(UserError, match="channels, precision, rates"):
        answer_figures({"what": "drawing", "drawing": "dreams", "step": 0, **request})
