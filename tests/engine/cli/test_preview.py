"""`preview` of a recipe that starts from a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main
from engine.cli.verbs import preview
from engine.contract.figures import Figure, pick
from engine.contract.recipe import Recipe, Step
from engine.recipe.registry import make
from tests.engine.small_detectors import choice_of

PRUNE, QUANTISE = Step(technique="filter_prune", params={"ratio": 0.5}), Step(technique="quant_post")
ON_PHONE = ["--phone", "SD855", "--threads", "4", "--precision", "int8", "--json"]


def test_that_an_int8_recipe_on_a_pruned_run_is_compared_with_that_run_in_fp32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = choice_of("ssdlite_mobilenet_v3_small")
    monkeypatch.setattr(preview, "_start", lambda project, args: (choice, [make(PRUNE)]))
    monkeypatch.setattr(preview, "_base_epochs", lambda project, args: 8)
    monkeypatch.setattr(preview, "_run", lambda project, args: None)
    (tmp_path / "int8.json").write_text(Recipe(name="int8", steps=(QUANTISE,)).model_dump_json(), encoding="utf-8")
    assert main(["preview", str(tmp_path), str(tmp_path / "int8.json"), "--from", "2", *ON_PHONE]) == 0
    told = json.loads(capsys.readouterr().out)
    before, after = (
        pick([Figure.model_validate(figure) for figure in told[name]], "phone_ms") for name in ("base", "figures")
    )
    assert before is not None and after is not None
    assert (before.conditions.precision, after.conditions.precision) == ("fp32", "int8")
