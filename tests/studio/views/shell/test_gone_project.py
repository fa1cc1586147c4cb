"""The project's folder is deleted, moved, replaced, put back while it is open: nothing lost, nothing made anew."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import load_recipe
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.run.settings import TrainSettings
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from studio.presenters.page_state import PageState
from studio.stores.presence import Place
from studio.views.shell.main_window import MainWindow
from studio.views.shell.rail import RailButton

PATIENCE_MS = 60_000


@pytest.fixture
def opened(window: MainWindow, project: Path) -> MainWindow:
    window.studio.settings.update(last_page="recipe")
    assert window.studio.project.open(project)
    return window


def marks(window: MainWindow) -> set[PageState]:
    return {button._state for button in window.rail.buttons.values() if isinstance(button, RailButton)}


def is_gone(window: MainWindow) -> bool:
    return window.stack.currentWidget() is window.gone


def test_that_a_deleted_project_is_told_and_nothing_is_made_anew(
    opened: MainWindow, project: Path, qtbot: QtBot
) -> None:
    studio = opened.studio
    studio.recipe.insert("filter_prune")
    kept = project.with_name("kept")
    shutil.copytree(project, kept)
    shutil.rmtree(project)
    qtbot.waitUntil(lambda: is_gone(opened), timeout=PATIENCE_MS)
    assert marks(opened) == {PageState.EMPTY} and not opened.rail.buttons["train"].isEnabled()
    assert opened.gone.path.text() == str(project) and opened.gone.there.isHidden()
    assert not any(opened.registry.is_on(name) for name in ("undo", "save", "page_train", "refresh"))
    assert opened.registry.is_on("close") and opened.header.jobs.isHidden()
    opened.show_page("train")
    assert is_gone(opened)
    studio.runs.train(TrainSettings())
    task = studio.runs.apply_recipe()
    qtbot.waitUntil(lambda: task.ended, timeout=PATIENCE_MS)
    assert task.error is not None and task.error.code == "project.gone"
    studio.recipe.insert("distill")
    studio.project.choose(compare_truth=True)
    studio.project.set_detector(DetectorChoice(key="other", size=320, classes=("a",)))
    assert studio.recipe.save() is None and not project.exists()
    shutil.copytree(kept, project)  # a copy: its files are others
    qtbot.waitUntil(lambda: opened.page is not None, timeout=PATIENCE_MS)
    assert opened.page is opened.pages["recipe"] and studio.project.here
    assert [step.technique for step in studio.recipe.recipe.steps] == ["filter_prune", "distill"]
    assert studio.project.index is not None and studio.project.index.picture_count() == 10
    working = ProjectFolder(project).working_recipe
    qtbot.waitUntil(lambda: working.is_file() and len(load_recipe(working).steps) == 2, timeout=PATIENCE_MS)
    opened.registry.run("undo")
    opened.registry.run("undo")
    assert studio.recipe.recipe.steps == ()


def test_that_a_moved_project_goes_on_where_it_is(opened: MainWindow, project: Path, qtbot: QtBot) -> None:
    studio = opened.studio
    studio.recipe.insert("filter_prune")
    moved = project.with_name("other name")
    project.rename(moved)
    qtbot.waitUntil(lambda: is_gone(opened), timeout=PATIENCE_MS)
    assert studio.project.presence.now_at == moved and str(moved) in opened.gone.text.text()
    opened.gone.there.click()
    assert studio.project.folder is not None and studio.project.folder.root == moved
    assert opened.page is opened.pages["recipe"] and not project.exists()
    assert [step.technique for step in studio.recipe.recipe.steps] == ["filter_prune"]
    opened.registry.run("undo")
    assert studio.recipe.recipe.steps == ()
    working = ProjectFolder(moved).working_recipe
    qtbot.waitUntil(lambda: working.is_file() and not load_recipe(working).steps, timeout=PATIENCE_MS)
    assert studio.settings.value.recent[0] == str(moved) and str(project) not in studio.settings.value.recent


def test_that_another_project_in_its_place_is_left_alone(opened: MainWindow, project: Path, qtbot: QtBot) -> None:
    away = project.with_name("away")
    project.rename(away)
    shutil.copytree(away, project)
    other = ProjectFolder(project)
    other.save(other.load().model_copy(update={"name": "another"}))
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    qtbot.waitUntil(lambda: is_gone(opened), timeout=PATIENCE_MS)
    studio = opened.studio
    assert studio.project.presence.place is Place.OTHER
    studio.recipe.insert("filter_prune")
    qtbot.wait(500)
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before
    assert not studio.project.move(project) and is_gone(opened) and opened.banner.isVisible()
    shutil.rmtree(project)
    away.rename(project)
    qtbot.waitUntil(lambda: opened.page is not None, timeout=PATIENCE_MS)
    studio.project.close()
    assert opened.stack.currentWidget() is opened.start


def test_that_a_run_at_work_ends_in_words_and_shows_up_again(opened: MainWindow, project: Path, qtbot: QtBot) -> None:
    studio = opened.studio
    root = ProjectFolder(project).new_run("train")
    RunFolder(root).job.write_text(EvaluateJob(run=str(root), index="any").model_dump_json())
    start(root, (sys.executable, str(ROOT / "tests" / "fakes" / "jobs.py"), "patient"))
    qtbot.waitUntil(lambda: any(run.state.stage for run in studio.runs.runs), timeout=PATIENCE_MS)
    run = studio.runs.runs[0]
    moved = project.with_name("moved")
    project.rename(moved)
    qtbot.waitUntil(lambda: is_gone(opened), timeout=PATIENCE_MS)
    assert opened.header.running.isHidden() and studio.runs.runs == [run]
    lock = RunFolder(moved / "runs" / root.name).lock
    qtbot.waitUntil(lambda: not is_locked(lock), timeout=PATIENCE_MS)
    assert not project.exists() and run.error is None
    moved.rename(project)
    qtbot.waitUntil(lambda: run.status == "failed", timeout=PATIENCE_MS)
    assert studio.runs.runs == [run] and run.error is not None and run.error.code == "run.folder_gone"
