"""The document of `espalier describe --json`: its shape, which programs read, and texts that it has always had."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.contract.catalog import Catalog
from engine.contract.published import PublishedEffect
from engine.recipe.catalog import catalog

EFFECT = {"name", "effect", "unit", "family", "input", "threads", "note", "source"}
FIGURE = {"name", "value", "unit", "source"}
"""What every published figure of a detector tells; the rest is left out where it is not known."""
UNDER = {"input", "device", "threads", "precision", "runtime"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return catalog().model_dump(mode="json")


def card_of(document: dict[str, Any], kind: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(card for card in document[kind] if card["key"] == key)
    return found


def test_that_every_card_has_the_fields_that_programs_read(document: dict[str, Any]) -> None:
    assert document.keys() == {"detectors", "techniques", "recipes", "matrix"}
    for card in document["techniques"]:
        wanted = {"key", "title", "summary", "phase", "trains", "families", "parameters", "published"}
        assert card.keys() == wanted, card["key"]
        assert all(effect.keys() == EFFECT for effect in card["published"]), card["key"]
        for field in card["parameters"]["properties"].values():
            assert {"title", "description", "zh", "default"} <= field.keys(), card["key"]
    for card in document["detectors"]:
        assert card.keys() == {"key", "title", "summary", "family", "sizes", "published"}, card["key"]
        for figure in card["published"]:
            assert figure.keys() >= FIGURE and figure.keys() - FIGURE <= UNDER and None not in figure.values(), figure


def test_that_a_parameter_says_what_it_always_said(document: dict[str, Any]) -> None:
    fields = card_of(document, "techniques", "quant_aware")["parameters"]["properties"]
    assert fields["weight_bits"] == {
        "default": 7,
        "description": "How much of int8's range weights use: with 7 bits sums cannot overflow on any processor, "
        "8 is for phones alone",
        "enum": [7, 8],
        "labels": {"7": {"en": "7 bits", "zh": "7 位"}, "8": {"en": "8 bits", "zh": "8 位"}},
        "title": {"en": "Weight bits", "zh": "权重位数"},
        "type": "integer",
        "zh": "权重使用 int8 的多少位：7 位在任何处理器上求和都不会溢出，8 位仅适用于手机",
    }
    assert fields["keep_float"]["x-measure"] == "int8" and fields["skip_depthwise"]["x-level"] == "simple"


def test_that_published_effects_say_what_they_always_said(document: dict[str, Any]) -> None:
    told = card_of(document, "techniques", "filter_prune")["published"]
    scope = {"family": "YOLOv3 MobileNetV1", "input": "320", "source": "PaddleDetection release/0.4"}
    assert told[1] == scope | {
        "name": "phone_ms",
        "effect": -60.9,
        "unit": "%",
        "threads": 4,
        "note": {
            "en": "head70, 80.5 to 31.5 ms on SD855, Pascal VOC",
            "zh": "head70，SD855 上 80.5 → 31.5 ms，Pascal VOC",
        },
    }
    assert told[4]["effect"] == -2.0 and told[4]["note"]["zh"] == "head70 加蒸馏，27.1 → 25.1，COCO"
    swapped = card_of(document, "techniques", "backbone_swap")["published"]
    assert {type(effect["effect"]) for effect in swapped if effect["unit"] == "ms"} == {str}
    assert card_of(document, "detectors", "picodet_xs")["published"][1] == {
        "name": "phone_ms", "value": 7.81, "unit": "ms", "input": "320", "device": "SD865", "threads": 4,
        "precision": "fp16", "runtime": "Paddle Lite 2.10",
        "source": "PaddleDetection 2.6 configs/picodet, without post-processing",
    }  # fmt: skip


def test_that_the_document_is_read_back_as_it_was_told(document: dict[str, Any]) -> None:
    again = Catalog.model_validate(document)
    assert again == catalog() and again.model_dump(mode="json") == document


def test_that_an_effect_cannot_be_changed_or_misspelt() -> None:
    effect = catalog().techniques[0].published[0]
    with pytest.raises(ValidationError, match="frozen"):
        effect.effect = 9.9
    with pytest.raises(ValidationError, match="fmap"):
        PublishedEffect.model_validate(effect.model_dump() | {"name": "map", "fmap": 1})


def test_that_what_acts_in_the_training_of_other_steps_leaves_its_length_to_them(document: dict[str, Any]) -> None:
    for key, simple in (("filter_prune", True), ("quant_aware", True), ("neck_levels", True), ("distill", False)):
        fields = card_of(document, "techniques", key)["parameters"]["properties"]
        assert [("x-level" in fields[name]) for name in ("recovery", "epochs")] == [simple, simple], key
        assert fields["epochs"]["x-when"] == {"recovery": "own"}
        assert fields["recovery"]["enum"] == ["short", "base", "twice", "own"]
    assert not {"kept", "round"} & card_of(document, "techniques", "filter_prune")["parameters"]["properties"].keys()
