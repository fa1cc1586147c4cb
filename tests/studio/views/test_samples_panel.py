"""What training makes of a picture, on the data page: asked for as training would be, rolled on, remembered."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.text.messages import Message
from studio.stores.previews.samples import AT_ONCE, TRAIN_FORM
from studio.studio import Studio
from studio.views.data.page import DataPage
from studio.views.data.samples import columns_for
from studio.views.train import form
from tests.studio.views.test_picture_view import turn_wheel

Asked = list[dict[str, Any]]


@pytest.fixture
def asked(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Requests that were made; each is answered by grey pictures at once."""
    requests: Asked = []

    def samples(request: dict[str, Any], receive: Any) -> None:
        requests.append(request)
        told = []
        for epoch in range(request["epoch"], request["epoch"] + request["count"]):
            file = tmp_path / f"sample {len(requests)} {epoch}.png"
            image = QImage(96, 96, QImage.Format.Format_RGB32)
            image.fill(QColor("#808080"))
            image.save(str(file))
            boxes = [{"class": "stop", "score": 1.0, "box": [10, 10, 40, 40]}]
            told.append({"epoch": epoch, "file": str(file), "width": 96, "height": 96, "boxes": boxes})
        receive({"samples": told})

    monkeypatch.setattr(studio.pictures, "samples", samples)
    return requests


@pytest.fixture
def page(studio: Studio, project: Path, asked: Asked, catalog: Catalog, qtbot: QtBot) -> DataPage:
    studio.catalog.catalog = catalog
    made = DataPage(studio)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    studio.project.open(project)
    return made


def test_that_nothing_is_asked_until_somebody_looks(page: DataPage, asked: Asked, qtbot: QtBot) -> None:
    page.pictures.open_row(0)
    assert asked == []
    preview = page.pictures.preview
    qtbot.keyClick(preview, Qt.Key.Key_T)
    assert preview.stack.currentWidget() is preview.samples and len(asked) == 1
    preview.step(1)
    assert [request["picture"] for request in asked][1] == preview.picture().path  # type: ignore[union-attr]
    page.pictures.show_grid()
    preview.samples.roll.click()
    page.studio.settings.update(pages={TRAIN_FORM: {"seed": 3}})
    assert len(asked) == 2


def test_that_the_same_picture_read_once_more_keeps_its_samples_and_epoch(page: DataPage, asked: Asked) -> None:
    page.pictures.open_row(0)
    page.pictures.preview.augmented.click()
    panel = page.pictures.preview.samples
    panel.roll.click()
    picture = page.pictures.preview.picture()
    assert picture is not None
    panel.show_picture(copy.copy(picture), ("stop",))
    assert [request["epoch"] for request in asked] == [0, AT_ONCE]


def test_that_samples_are_those_of_the_training_form_and_rolled_on_by_epochs(
    page: DataPage, asked: Asked, qtbot: QtBot
) -> None:
    assert form._MEMORY == TRAIN_FORM
    page.studio.settings.update(pages={TRAIN_FORM: {"epochs": 10, "seed": 5, "augment": "full"}})
    page.pictures.open_row(0)
    preview = page.pictures.preview
    preview.augmented.click()
    panel = preview.samples
    assert (asked[0]["epoch"], asked[0]["count"]) == (0, AT_ONCE)
    assert asked[0]["settings"]["seed"] == 5 and asked[0]["settings"]["augment"] == "full"
    qtbot.waitUntil(lambda: all(not tile.image.isNull() for tile in panel.tiles))
    assert all(len(tile.boxes["found"]) == 1 for tile in panel.tiles)
    assert "1 to 6 of 10" in panel.told.text() and "seed 5" in panel.told.text()
    qtbot.keyClick(preview, Qt.Key.Key_R)
    assert (asked[1]["epoch"], asked[1]["count"]) == (AT_ONCE, 4)
    qtbot.waitUntil(lambda: sum(not tile.image.isNull() for tile in panel.tiles) == 4)
    panel.roll.click()
    assert asked[2]["epoch"] == 0


def test_that_how_pictures_are_changed_is_chosen_and_remembered(page: DataPage, asked: Asked, project: Path) -> None:
    page.pictures.open_row(0)
    page.pictures.preview.augmented.click()
    panel = page.pictures.preview.samples
    assert not panel.recipe.isEnabled() and panel.recipe.toolTip()
    panel.strength.chosen.emit(2)
    assert asked[-1]["settings"]["augment"] == "full" and asked[-1]["steps"] == []
    page.studio.recipe.insert("filter_prune")
    page.studio.recipe.insert("grid_mask", params={"chance": 0.9})
    assert panel.recipe.isEnabled()
    panel.recipe.click()
    assert [step["technique"] for step in asked[-1]["steps"]] == ["grid_mask"]
    page.studio.recipe.set_enabled(1, False)
    assert asked[-1]["steps"] == [] and not panel.recipe.isChecked()
    kept = (project / "studio.json").read_text()
    assert '"samples_augment": "full"' in kept and '"samples_recipe": true' in kept


def test_that_a_refusal_is_told(page: DataPage, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    error = Message(code="train.picture_failed", args={"path": "a.png", "reason": "?"})
    monkeypatch.setattr(studio.pictures, "samples", lambda request, receive: receive(error))
    page.pictures.open_row(0)
    page.pictures.preview.augmented.click()
    panel = page.pictures.preview.samples
    assert panel.problem.isVisible()
    studio.project.close()
    assert studio.samples.picture is None


def test_that_the_large_picture_zooms_moves_and_fits(page: DataPage, qtbot: QtBot) -> None:
    page.pictures.open_row(0)
    preview, canvas = page.pictures.preview, page.pictures.preview.canvas
    whole = canvas.area()
    assert turn_wheel(canvas, whole.center().toPoint(), 4)
    zoomed = canvas.area()
    assert zoomed.width() > whole.width()
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(12, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(12, 0))
    assert canvas.area().left() == pytest.approx(zoomed.left() + 12)
    qtbot.keyClick(preview, Qt.Key.Key_0)
    assert canvas.area() == whole
    qtbot.keyClick(preview, Qt.Key.Key_Plus)
    preview.step(1)
    assert canvas.seen.whole


@pytest.mark.parametrize(
    ("width", "height", "columns"), [(820, 200, 6), (820, 420, 3), (300, 600, 2), (100, 900, 1), (0, 0, 6)]
)
def test_that_tiles_are_as_large_as_they_can_be(width: int, height: int, columns: int) -> None:
    assert columns_for(6, width, height) == columns
