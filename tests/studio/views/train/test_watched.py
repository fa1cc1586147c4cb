"""The strip: watched pictures by epoch, the newest first and followed, one of them large, and which are chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from engine.contract.recipe import Recipe
from engine.contract.run.settings import TrainSettings
from studio.views.train.page import TrainPage
from studio.views.train.watched.choosing import WatchedChooser
from studio.views.train.watched.strip import WatchedStrip
from tests.studio.views.train.conftest import (
    PATIENCE_MS,
    Shown,
    add_events,
    curve_run,
    look_at,
    val_pictures,
    watched_run,
)


def strip_of(page: TrainPage) -> WatchedStrip:
    assert page.body is not None
    return page.body.strip


def test_that_the_newest_look_is_shown_and_earlier_ones_by_slider_and_keys(
    shown: Shown, project: Path, qtbot: QtBot
) -> None:
    watched_run(project, looks=3)
    page = shown(project)
    strip = strip_of(page)
    assert len(strip.tiles) == len(val_pictures(project)) and strip.epochs.maximum() == 2
    assert strip.place.full.startswith("Epoch 3, step 15") and "47.0" in strip.place.full
    strip.tiles[0].setFocus()
    qtbot.keyClick(strip.tiles[0], Qt.Key.Key_Left)
    assert strip.place.full.startswith("Epoch 2")
    qtbot.keyClick(strip.tiles[0], Qt.Key.Key_Home)
    assert strip.place.full.startswith("Epoch 1") and "the best" in strip.place.full
    qtbot.keyClick(strip.tiles[0], Qt.Key.Key_End)
    assert strip.place.full.startswith("Epoch 3")


def test_that_it_follows_a_run_unless_the_person_looks_at_an_earlier_epoch(
    shown: Shown, project: Path, qtbot: QtBot
) -> None:
    root = watched_run(project, looks=2, end=None)
    page = shown(project)
    strip = strip_of(page)
    add_events(root, look_at(project, root, 3))
    qtbot.waitUntil(lambda: strip.place.full.startswith("Epoch 3"), timeout=PATIENCE_MS)
    strip.step(-1)
    add_events(root, look_at(project, root, 4))
    qtbot.waitUntil(lambda: strip.epochs.maximum() == 3, timeout=PATIENCE_MS)
    assert strip.place.full.startswith("Epoch 2")


def test_that_boxes_follow_the_score_and_ground_truth_is_switched_on_and_remembered(
    shown: Shown, project: Path
) -> None:
    watched_run(project, looks=1)
    page = shown(project)
    strip = strip_of(page)
    assert strip.frames[0].finds and strip.frames[0].truth
    strip.score.setValue(20)
    assert strip.tiles[0].words() == "1 box"
    strip.score.setValue(40)
    assert strip.tiles[0].words() == "0 boxes"
    strip.score.setValue(25)
    strip.truth.click()
    assert strip.tiles[0].words() == f"1 of {len(strip.frames[0].truth)} found"
    again = WatchedStrip(page.studio)
    assert again.truth.isChecked() and again.score.value() == 25
    again.deleteLater()


def test_that_a_click_shows_a_picture_large_and_the_epochs_go_on_under_it(
    shown: Shown, project: Path, qtbot: QtBot
) -> None:
    watched_run(project, looks=3)
    page = shown(project)
    card, strip = page.body, strip_of(page)
    assert card is not None
    qtbot.mouseClick(strip.tiles[0], Qt.MouseButton.LeftButton)
    assert card.stack.currentWidget() is card.large
    view = card.large.view
    assert len(view.boxes["found"]) == len(strip.frames[0].finds) and "truth" not in view.boxes
    strip.truth.click()
    assert view.boxes["truth"] == list(strip.frames[0].truth)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert strip.place.full.startswith("Epoch 1") and card.large.frame == strip.frames[0]
    qtbot.keyClick(view, Qt.Key.Key_D)
    assert card.large.frame == strip.frames[1]
    qtbot.waitUntil(lambda: not view.image.isNull(), timeout=PATIENCE_MS)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert card.stack.currentWidget() is not card.large


def test_that_a_run_of_before_says_so_and_a_lost_file_too(shown: Shown, project: Path) -> None:
    curve_run(project, "before", first=10, epochs=2)
    root = watched_run(project, looks=1)
    (root / "watched" / "000005.json").write_text("not a look")
    page = shown(project)
    strip = strip_of(page)
    page.show_run(page.studio.runs.runs[0])
    assert strip.none.isVisibleTo(page) and "before pictures were watched" in strip.none.text() and not strip.tiles
    page.show_run(page.studio.runs.runs[1])
    assert strip.none.isVisibleTo(page) and "000005.json" in strip.none.text()


def test_that_it_folds_for_want_of_room_until_the_person_decides(shown: Shown, project: Path, qtbot: QtBot) -> None:
    watched_run(project, looks=1)
    page = shown(project)
    strip = strip_of(page)
    assert not strip.folded
    page.resize(1000, 480)
    qtbot.waitUntil(lambda: strip.folded, timeout=PATIENCE_MS)
    assert not strip.tiles[0].isVisibleTo(page) and strip.place.isVisibleTo(page)
    strip.fold.click()
    assert not strip.folded and strip.tiles[0].isVisibleTo(page)


def test_that_chosen_pictures_are_remembered_with_the_project_and_watched_by_what_trains(
    shown: Shown, project: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = shown(project)
    studio, val = page.studio, val_pictures(project)
    assert "six" in page.form.watched.text()
    qtbot.mouseClick(page.form.choose, Qt.MouseButton.LeftButton)
    dialog = next(child for child in page.findChildren(QDialog) if isinstance(child, WatchedChooser))
    dialog.grid.setCurrentIndex(dialog.grid.pictures.index(1))
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Space)
    assert dialog.drawing.chosen == [val[1].digest]
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert "1" in page.form.watched.text()
    assert json.loads((project / "studio.json").read_text())["watched"] == [val[1].digest]
    studio.project.open(project)
    assert studio.watched.chosen == (val[1].digest,)
    # What is started is only looked at: no worker is needed to see what it is asked.
    monkeypatch.setattr("studio.stores.work.begin.begin", lambda root: 0)
    monkeypatch.setattr("studio.stores.work.tasks.begin", lambda root: 0)
    studio.runs.train(TrainSettings(epochs=1))
    job = studio.tasks.recipe_job(Recipe(name="mine", steps=()), None, None)
    assert job is not None
    task = studio.tasks.start(job)
    qtbot.waitUntil(lambda: (project / "runs" / "0001-train" / "job.json").is_file(), timeout=PATIENCE_MS)
    qtbot.waitUntil(task.folder.job.is_file, timeout=PATIENCE_MS)
    for file in (project / "runs" / "0001-train" / "job.json", task.folder.job):
        assert json.loads(file.read_text())["watched"] == [val[1].digest]


def test_that_no_more_than_twelve_are_taken_and_none_is_the_engines_choice(shown: Shown, project: Path) -> None:
    page = shown(project)
    dialog = WatchedChooser(page.studio, page)
    dialog.drawing.chosen = [f"d{number}" for number in range(12)]
    dialog._toggle(0)
    assert len(dialog.drawing.chosen) == 12
    dialog.spread.click()
    assert dialog.drawing.chosen == [] and "None chosen" in dialog.count.text()
    dialog.reject()
    assert page.studio.watched.chosen == ()
