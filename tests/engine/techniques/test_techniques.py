"""Holds for every technique in the registry and every built-in recipe, whoever wrote them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.figures import pick
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step, builtin_recipes
from engine.contract.run.settings import TrainSettings
from engine.detector.base.spec import detector_specs
from engine.recipe.catalog import catalog, technique_card
from engine.recipe.registry import techniques
from engine.recipe.stack import Stack
from engine.technique.base import Technique

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CLASSES = ("a", "b", "c")
DETECTORS = {
    "ssd": "ssdlite_mobilenet_v3_small",
    "rcnn": "faster_rcnn_mobilenet_v3_fpn",
    "yolov3": "yolov3_mobilenet_v3_large",
}
"""What techniques are tried on: the first of a family that they take."""
RECIPES = [(recipe, key) for recipe in sorted(builtin_recipes()) for key in builtin_recipes()[recipe].detectors]


def choice_of(key: str) -> DetectorChoice:
    """A detector at its smallest input."""
    return DetectorChoice(key=key, size=detector_specs()[key].sizes.min, classes=CLASSES)


def numbers(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every description of a number in a JSON schema of a field."""
    if schema.get("type") in ("number", "integer") and "enum" not in schema:
        return [schema]
    inner = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", [])]
    return [found for part in inner if isinstance(part, dict) for found in numbers(part)]


def check_texts(name: str, field: dict[str, Any]) -> None:
    """A field's title, its description and the names of its values stand in both languages."""
    assert field.get("description") and not CHINESE.search(field["description"]), name
    assert CHINESE.search(field.get("zh", "")), name
    titles = [field["title"], *field.get("labels", {}).values()]
    assert all(title.keys() == {"en", "zh"} and all(title.values()) for title in titles), name
    assert {str(value) for value in field.get("enum", ())} == set(field.get("labels", {})), name


def test_that_every_setting_of_a_training_says_all_that_a_form_needs() -> None:
    for name, field in TrainSettings.model_json_schema()["properties"].items():
        check_texts(name, field)


@pytest.mark.parametrize("key", techniques())
def test_that_notes_on_published_figures_stand_in_both_languages(key: str) -> None:
    for effect in techniques()[key].published:
        note = effect.note
        assert note.keys() == {"en", "zh"} and not CHINESE.search(note["en"]), note
        assert note["en"] != note["zh"], note


@pytest.mark.parametrize("key", techniques())
def test_that_a_form_shows_some_parameters_to_everybody(key: str) -> None:
    fields = technique_card(techniques()[key]).parameters["properties"].values()
    assert 1 <= sum(field.get("x-level") == "simple" for field in fields) <= 6


@pytest.mark.parametrize("key", techniques())
def test_that_a_card_says_all_that_a_form_needs(key: str) -> None:
    card = technique_card(techniques()[key])
    assert card.title.keys() == {"en", "zh"} and card.summary["en"] and card.summary["zh"]
    for name, field in card.parameters["properties"].items():
        check_texts(name, field)
        for number in numbers(field):
            low, high = ({f"{word}imum", f"exclusive{word.title()}imum"} & number.keys() for word in ("min", "max"))
            assert low and high, f"{name} has no bounds"


@pytest.mark.parametrize("key", techniques())
def test_that_a_technique_that_trains_has_epochs_and_a_rate(key: str) -> None:
    technique = techniques()[key]
    assert issubclass(technique.Params, Technique.TrainingParams) == technique.trains


def test_that_the_catalogue_names_every_file() -> None:
    cards = catalog()
    assert {card.key for card in cards.techniques} == set(techniques())
    assert {card.key for card in cards.detectors} == set(detector_specs())
    files = {path.stem for path in Path("engine/techniques").glob("*.py")} - {"__init__"}
    assert files == set(techniques())


@pytest.mark.parametrize("key", techniques())
def test_that_replay_gives_the_structure_that_transform_made(key: str) -> None:
    import paddle

    from engine.detector.network.checkpoint import network_arrays, put_weights
    from engine.model.assembly import assemble, extend

    families = techniques()[key].families or tuple(DETECTORS)
    choice = choice_of(next(DETECTORS[family] for family in DETECTORS if family in families))
    step = Step(technique=key)
    model = extend(assemble(choice), (step,))
    again = assemble(choice, (step,), model.records)
    arrays = network_arrays(model.network)
    put_weights(again.network, arrays, "memory")
    inputs = {
        "image": paddle.to_tensor(np.random.default_rng(1).normal(size=(1, 3, choice.size, choice.size)), "float32"),
        "im_shape": paddle.to_tensor([[choice.size, choice.size]], "float32"),
        "scale_factor": paddle.to_tensor([[1.0, 1.0]], "float32"),
    }
    outputs = []
    for network in (model.network, again.network):
        network.eval()
        outputs.append(network(inputs)["bbox"].numpy())
    np.testing.assert_array_equal(*outputs)


def without_pictures(step: Step) -> Step:
    """The step with a criterion that needs no pictures; which filters go does not change how many."""
    same = {**step.params, "criterion": "l1"} if step.params.get("criterion") == "obs" else step.params
    return step.model_copy(update={"params": same})


@pytest.mark.parametrize(("recipe", "key"), RECIPES)
def test_that_the_preview_of_a_built_in_recipe_equals_the_reloaded_build(recipe: str, key: str, tmp_path: Path) -> None:
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import network_arrays, save
    from engine.detector.network.counts import count_by_hooks
    from engine.model.assembly import assemble, extend, load

    choice = choice_of(key)
    steps = [without_pictures(step) for step in builtin_recipes()[recipe].steps if step.enabled]
    told = Stack.of_steps(choice, steps).figures()
    model = extend(assemble(choice), steps)
    info = CheckpointInfo(choice=choice, steps=model.steps, records=model.records)
    arrays = {f"model.{name}": value for name, value in network_arrays(model.network).items()}
    save(tmp_path / "built.safetensors", info, arrays)
    reloaded, _ = load(tmp_path / "built.safetensors")
    macs, conv_macs, params = count_by_hooks(reloaded.network, reloaded.config)
    counted = {"macs": macs, "conv_macs": conv_macs, "params": params}
    for name, value in counted.items():
        figure = pick(told, name)  # type: ignore[arg-type]
        assert figure is not None and figure.value == value, name
