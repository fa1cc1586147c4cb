"""The verb `try`: a table or one document, pictures drawn, and words for what cannot be told without training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main
from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe, Step
from engine.contract.run.job import TrainJob
from tests.engine.model.test_prediction import make_run

HALF = Step(technique="filter_prune", params={"ratio": 0.5})

pytestmark = pytest.mark.slow


@pytest.fixture
def run(project: ProjectFolder, train_job: TrainJob) -> Path:
    return make_run(project, train_job)


def tried(project: ProjectFolder, steps: tuple[Step, ...], *words: str) -> int:
    """The exit status of `try` on the project with a recipe of these steps."""
    file = project.root / "mine.json"
    file.write_text(Recipe(name="mine", steps=steps).model_dump_json(), encoding="utf-8")
    return main(["try", str(project.root), str(file), *words])


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_that_the_table_has_both_sides_and_the_change_and_says_what_waits_for_training(
    project: ProjectFolder, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(project, (Step(technique="lr_schedule"), HALF), "--pictures", "3") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert "mAP on 3 of 4 val pictures" in lines[0] and "95 % interval" in lines[0]
    assert [line.split("  ")[0] for line in lines if line.startswith(("as it is", "tried", "change"))] == [
        "as it is", "tried", "change",
    ]  # fmt: skip
    assert "before recovery" in out and " to " in out
    assert "Step 1, lr_schedule: Acts while training" in out and "filter_prune:" not in out
    assert run.name in err  # where it began, for nothing was said


def test_that_the_document_tells_figures_steps_and_the_interval(
    project: ProjectFolder, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swap = Step(technique="backbone_swap", params={"backbone": "mobilenet_v1"})
    assert tried(project, (swap, HALF), "--from", "1", "--pictures", "0", "--json") == 0
    told = document(capsys)
    assert (told["start"], told["recipe"]) == (run.name, "mine")
    assert [(step["step"], step["acts"]) for step in told["steps"]] == [(0, "cannot"), (1, "now")]
    assert told["steps"][0]["reason"]["code"] == "try.anew"
    score = told["score"]
    assert (score["pictures"], score["total"]) == (4, 4)
    (figure,) = told["figures"]
    assert figure == score["tried"] and (figure["name"], figure["source"]) == ("map", "measured")
    for side in ("tried", "base", "change"):
        assert score[side]["low"] <= score[side]["value"] <= score[side]["high"]


def test_that_the_pictures_are_drawn_side_by_side(
    project: ProjectFolder, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.detector.predict.pictures import read_picture

    out = tmp_path / "drawn"
    assert tried(project, (HALF,), "--pictures", "2", "-o", str(out)) == 0
    assert str(out) in capsys.readouterr().out
    with Index.open(project.index) as index:
        widths = {Path(picture.path).stem: picture.width for picture in index.pictures("val")}
    drawn = sorted(out.iterdir())
    assert [path.name[:4] for path in drawn] == ["001-", "002-"]
    for path in drawn:
        assert read_picture(str(path)).shape[1] >= 2 * widths[path.stem[4:]]


def test_that_without_val_pictures_there_are_words_in_place_of_the_table(
    project: ProjectFolder, run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Index.pictures

    def none_of_val(self: Index, split: str, *args: Any, **more: Any) -> Any:
        return [] if split == "val" else whole(self, split, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Index, "pictures", none_of_val)
    assert tried(project, (HALF,)) == 0
    out = capsys.readouterr().out
    assert "no val pictures" in out and "points" not in out
    assert tried(project, (HALF,), "--json") == 0
    told = document(capsys)
    assert told["figures"] == [] and "score" not in told and [step["acts"] for step in told["steps"]] == ["now"]


def test_that_a_recipe_that_cannot_be_applied_is_refused_in_words(
    project: ProjectFolder, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(project, (HALF, HALF), "--json") == 2
    assert document(capsys)["error"]["code"] == "plan.twice"
    assert tried(project, (HALF,), "--from", "7", "--json") == 2
    assert document(capsys)["error"]["code"] == "run.unknown"
