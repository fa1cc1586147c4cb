"""Editing a recipe: undo, redo, merging, saving."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.recipe import Recipe, Step, load_recipe
from studio.studio import Studio


def keys(studio: Studio) -> list[str]:
    return [step.technique for step in studio.recipe.recipe.steps]


def test_that_every_change_can_be_undone_and_done_again(studio: Studio) -> None:
    recipe = studio.recipe
    recipe.insert("prune")
    recipe.insert("distil", 0, {"weight": 1.0})
    recipe.move(0, 1)
    recipe.set_enabled(0, False)
    recipe.set_param(1, "weight", 2.0)
    recipe.rename("mine")
    recipe.remove(0)
    states = [recipe.recipe]
    while recipe.undo.canUndo():
        recipe.undo.undo()
        states.append(recipe.recipe)
    assert len(states) == 8 and states[-1] == Recipe(name="recipe", steps=())
    while recipe.undo.canRedo():
        recipe.undo.redo()
    assert recipe.recipe == states[0]
    assert (keys(studio), recipe.recipe.name) == (["distil"], "mine")


def test_that_the_moves_of_one_slider_are_one_step(studio: Studio) -> None:
    recipe = studio.recipe
    recipe.insert("prune", params={"ratio": 0.1})
    for value in (0.2, 0.3, 0.4):
        recipe.set_param(0, "ratio", value, merge=True)
    recipe.set_param(0, "other", 1, merge=True)
    recipe.set_param(0, "other", 2, merge=True)
    assert recipe.undo.count() == 3
    recipe.undo.undo()
    assert recipe.recipe.steps[0].params == {"ratio": 0.4}
    recipe.undo.undo()
    assert recipe.recipe.steps[0].params == {"ratio": 0.1}


def test_that_a_slider_that_came_back_leaves_no_step(studio: Studio) -> None:
    studio.recipe.insert("prune", params={"ratio": 0.1})
    for value in (0.2, 0.1):
        studio.recipe.set_param(0, "ratio", value, merge=True)
    assert studio.recipe.undo.count() == 1


def test_that_what_changes_nothing_is_no_step(studio: Studio) -> None:
    studio.recipe.insert("prune")
    studio.recipe.set_enabled(0, True)
    studio.recipe.set_param(0, "ratio", None)
    assert studio.recipe.undo.count() == 1


def test_that_the_working_recipe_is_there_again(studio: Studio, project: Path, qtbot: QtBot) -> None:
    assert studio.project.open(project)
    studio.recipe.insert("prune", params={"ratio": 0.25})
    studio.project.close()
    assert keys(studio) == []
    assert studio.project.open(project)
    assert studio.recipe.recipe.steps == (Step(technique="prune", params={"ratio": 0.25}),)
    assert not studio.recipe.undo.canUndo()


def test_that_a_recipe_is_saved_under_its_name(studio: Studio, project: Path) -> None:
    assert studio.project.open(project)
    studio.recipe.insert("prune")
    studio.recipe.rename("Small 手机")
    path = studio.recipe.save()
    assert path == project / "recipes" / "small-手机.json"
    assert load_recipe(path) == studio.recipe.recipe
    assert list(studio.recipe.saved()) == ["small-手机"]


def test_that_a_broken_recipe_file_is_told(studio: Studio, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "bad.json").write_text("{")
    with qtbot.waitSignal(studio.recipe.failed) as told:
        studio.recipe.open_file(tmp_path / "bad.json")
    assert told.args[0].code == "recipe.malformed"


def test_that_detector_and_recipe_are_undone_in_the_order_of_the_changes(studio: Studio, project: Path) -> None:
    assert studio.project.open(project) and studio.project.project is not None
    before = studio.project.project.detector
    studio.recipe.insert("prune")
    saved = studio.recipe.save()
    studio.project.set_detector(before.model_copy(update={"size": 160}))
    assert studio.recipe.path() == saved
    studio.recipe.insert("distil")
    assert studio.recipe.path() != saved
    studio.recipe.undo.undo()
    assert keys(studio) == ["prune"] and studio.project.project.detector.size == 160
    studio.recipe.undo.undo()
    assert keys(studio) == ["prune"] and studio.project.project.detector == before


def test_that_a_detector_that_cannot_be_written_is_no_step(
    studio: Studio, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.project.open(project) and studio.project.project is not None

    def refuse(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.stores.project.write_whole", refuse)
    studio.project.set_detector(studio.project.project.detector.model_copy(update={"size": 160}))
    assert studio.project.project.detector.size == 96 and not studio.project.undo.canUndo()
