"""`preview --layers`: what each layer counts, before and after a recipe."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.cli import main
from engine.cli.layers import print_layers, rows
from engine.contract.figures import Figure, pick
from engine.contract.recipe import Recipe, Step

WORDS = ["preview", "--detector", "ssdlite_mobilenet_v3_small", "--size", "96", "--classes", "3", "--layers"]


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    """A recipe that removes half of what can be removed."""
    file = tmp_path / "half.json"
    step = Step(technique="filter_prune", params={"ratio": 0.5})
    file.write_text(Recipe(name="half", steps=(step,)).model_dump_json(), encoding="utf-8")
    return str(file)


def test_that_the_layers_sum_up_to_the_figures(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, recipe, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for figures, name in (("figures", "macs"), ("base", "base_macs")):
        macs = pick([Figure.model_validate(figure) for figure in told[figures]], "macs")
        assert macs is not None
        assert sum(layer[name] for layer in told["layers"]) == macs.value
    assert any(layer["macs"] < layer["base_macs"] for layer in told["layers"])
    assert {layer["kind"] for layer in told["layers"]} == {"conv2d", "depthwise"}


def test_that_the_parts_and_batch_norm_sum_up_to_the_parameters(
    recipe: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*WORDS, recipe, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    after = pick([Figure.model_validate(figure) for figure in told["figures"]], "params")
    assert main([*WORDS, recipe]) == 0
    parts = capsys.readouterr().out.split("\n\n")[1].splitlines()[1:]
    held = [int(re.split(r"\s{2,}", line)[3].replace(",", "")) for line in parts]
    assert after is not None
    assert sum(held) == after.value


def test_that_layers_gone_and_layers_come_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.engine.small_detectors import graph_of

    small, large = graph_of("ssdlite_mobilenet_v3_small"), graph_of("ssd_mobilenet_v1")
    told = {line.name: line for line in rows(small, large)}
    assert told["backbone.conv1.conv"].macs == 0
    assert told["backbone.conv1._conv"].base_macs is None
    print_layers(small, large)
    assert "backbone.conv1._conv" in capsys.readouterr().out
