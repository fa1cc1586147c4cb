"""A second recipe on a project that has runs already: where it starts, what it is refused, and what it would cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main
from tests.end_to_end.conftest import SHORT, SMALL, Session, Trained
from tests.end_to_end.test_session import figures


def test_that_a_recipe_knows_what_its_start_was_made_by(
    tmp_path: Path, run: Session, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    _, project, base = trained

    def recipe(technique: str, **params: object) -> Path:
        file = tmp_path / f"{technique}.json"
        file.write_text(json.dumps({"name": technique, "steps": [{"technique": technique, "params": params}]}))
        return file

    pruned = run("compress", project, recipe("filter_prune", ratio=0.3), *SHORT, *SMALL)
    more = recipe("filter_prune", ratio=0.2)
    told = run("preview", project, more, "--from", pruned["run"])
    twice = run("compress", project, more, "--from", pruned["run"], *SHORT, *SMALL)
    for name in ("conv_macs", "params"):
        assert figures(twice)[name] == figures(told)[name] < figures(pruned)[name] < figures(base)[name]

    int8 = run("compress", project, recipe("quant_aware"), "--from", pruned["run"], *SHORT, *SMALL)["run"]
    before = sorted(project.glob("runs/*"))
    for words in (("compress", project, more, "--from", int8), ("sensitivity", project, int8)):
        assert main([str(word) for word in words]) != 0
        assert "float run that it was made from" in capsys.readouterr().err
    assert sorted(project.glob("runs/*")) == before
    again = run("compress", project, recipe("quant_post", pictures=2))
    shown = {entry["run"]: entry["parent"] for entry in run("show", project)["runs"]}
    assert shown[again["run"]] == base["run"], "not the last run, which is in int8"
