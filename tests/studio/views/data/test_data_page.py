"""The data page on a real index: filters, large preview, findings, charts, and what is missing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from studio.bound_texts import translator
from studio.presenters.page_state import PageState
from studio.studio import Studio
from studio.views.data.page import DataPage
from studio.views.pictures.thumbnail_delegate import PICTURE_ROLE

FINDINGS = """
INSERT INTO findings (severity, code, args, file, place, action, mend) VALUES
 ('warning', 'data.class_unused', '{"file": "", "place": "", "name": "tree"}', 'a.json', 'line 3', 'kept', NULL),
 ('info', 'data.split_no_test', '{"file": "", "place": ""}', '', '', 'kept', NULL),
 ('warning', 'data.picture_duplicate', '{"file": "b.png", "place": "", "other": "c.png", "part": "train"}', 'b.png', '',
  'kept', 'left_out');
"""


@pytest.fixture
def page(studio: Studio, project: Path, qtbot: QtBot) -> DataPage:
    with sqlite3.connect(project / "data" / "index.sqlite") as connection:
        connection.executescript(FINDINGS)
    connection.close()
    made = DataPage(studio)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    studio.project.open(project)
    return made


def test_that_without_a_project_the_page_offers_to_import(studio: Studio, qtbot: QtBot) -> None:
    page = DataPage(studio)
    qtbot.addWidget(page)
    page.show()
    assert page.state is PageState.EMPTY
    assert page.empty.isVisible()


def test_that_the_header_tells_source_hash_and_counts(page: DataPage) -> None:
    assert page.state is PageState.DONE
    shown = {name: tile.number.text() for name, tile in page.header.tiles.items() if tile.isVisible()}
    assert shown == {"pictures": "10", "train": "6", "val": "2", "test": "2", "boxes": "30", "classes": "3"}
    assert page.header.source.full.endswith("data")
    assert page.header.hash.text().split()[-1] in page.header.hash.toolTip()
    page.header.copy.click()
    assert QGuiApplication.clipboard().text() == page.studio.project.index.content_hash()  # type: ignore[union-attr]


def test_that_thumbnails_are_decoded_and_filtered(page: DataPage, qtbot: QtBot) -> None:
    grid, filters = page.pictures.grid, page.pictures.filters
    assert grid.pictures.rowCount() == 10
    qtbot.waitUntil(lambda: len(grid.loader._kept) > 0)
    filters.splits.button("val").click()
    assert grid.pictures.rowCount() == 2
    assert {grid.pictures.index(row).data(PICTURE_ROLE).split for row in range(2)} == {"val"}
    filters.kinds.setCurrentIndex(2)
    filters.kinds.activated.emit(2)
    assert grid.pictures.rowCount() == 2
    filters.splits.button("all").click()
    assert grid.pictures.rowCount() == 10


def test_that_the_keys_walk_through_large_pictures(page: DataPage, qtbot: QtBot) -> None:
    pictures = page.pictures
    with qtbot.waitExposed(page):
        page.activateWindow()
    pictures.grid.setCurrentIndex(pictures.grid.pictures.index(0))
    qtbot.keyClick(pictures.grid, Qt.Key.Key_Return)
    preview = pictures.preview
    assert pictures.stack.currentWidget() is preview
    assert not preview.before.isEnabled()
    qtbot.keyClick(preview, Qt.Key.Key_D)
    qtbot.keyClick(preview, Qt.Key.Key_Right)
    assert preview.row == 2
    qtbot.keyClick(preview, Qt.Key.Key_A)
    assert preview.row == 1
    assert page.facts.boxes.topLevelItemCount() == 3
    qtbot.keyClick(preview, Qt.Key.Key_L)
    assert not preview.canvas.labels
    qtbot.keyClick(preview, Qt.Key.Key_Escape)
    assert pictures.stack.currentWidget() is pictures.grid
    assert pictures.grid.currentIndex().row() == 1


def test_that_the_box_under_the_mouse_is_found_and_told(page: DataPage, qtbot: QtBot) -> None:
    page.pictures.open_row(0)
    canvas = page.pictures.preview.canvas
    qtbot.waitUntil(canvas.loader.idle)
    assert canvas.picture is not None
    area, box = canvas.area(), canvas.picture.boxes[0]
    inside = QPoint(
        round(area.left() + (box.x1 + 1) * area.width() / canvas.picture.width),
        round(area.top() + (box.y1 + 2) * area.height() / canvas.picture.height),
    )
    with qtbot.waitSignal(canvas.lit_changed):
        qtbot.mouseMove(canvas, inside)
    assert canvas.lit == 0
    assert page.facts.boxes.currentItem() is page.facts.boxes.topLevelItem(0)
    last = page.facts.boxes.topLevelItem(2)
    assert last is not None
    page.facts.boxes.setCurrentItem(last)
    assert canvas.lit == 2


def test_that_a_picture_that_is_gone_is_drawn_as_such(page: DataPage, qtbot: QtBot) -> None:
    picture = page.pictures.grid.pictures.picture(0)
    assert picture is not None
    Path(picture.path).rename(f"{picture.path}.away")
    try:
        page.pictures.show_index(page.studio.project.index)
        page.pictures.open_row(0)
        canvas = page.pictures.preview.canvas
        qtbot.waitUntil(canvas.loader.idle)
        image = canvas.loader.picture(picture.path)
        assert image is not None and image.isNull()
        assert not page.grab().isNull()
    finally:
        Path(f"{picture.path}.away").rename(picture.path)


def test_that_findings_are_filtered_copied_and_say_what_was_done(page: DataPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentWidget(page.report)
    model = page.report.table.model_
    assert model.rowCount() == 3
    page.report.kinds.button("warning").click()
    assert model.rowCount() == 2
    assert model.index(0, 2).data() == "a.json" and model.index(0, 3).data() == "line 3"
    page.report.copy.click()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert len(copied) == 2 and "b.png" in copied[1]
    assert page.report.mend.isEnabled()
    translator.set_language("zh")
    assert model.index(0, 4).data() == "保留"


def test_that_a_class_opens_its_pictures(page: DataPage, qtbot: QtBot) -> None:
    page.tabs.setCurrentWidget(page.charts)
    page.charts.kinds.activated.emit(page.charts.kinds.bars.index(1, 0))
    assert page.tabs.currentWidget() is page.pictures
    assert page.pictures.filters.class_id() == 1


def test_that_a_closed_project_leaves_an_empty_page(page: DataPage) -> None:
    page.studio.project.close()
    assert page.state is PageState.EMPTY
    assert page.pictures.grid.pictures.rowCount() == 0


def test_that_findings_that_changed_while_nobody_looked_have_room(page: DataPage, qtbot: QtBot) -> None:
    table = page.report.table

    def fitting() -> bool:
        rows = range(table.model_.rowCount())
        return all(table.rowHeight(row) == table.sizeHintForRow(row) for row in rows)

    page.tabs.setCurrentWidget(page.report)
    qtbot.waitUntil(fitting)
    page.tabs.setCurrentWidget(page.pictures)
    long = table.model_.findings[0].message.model_copy(update={"args": {"file": "word " * 60, "place": ""}})
    first = table.model_.findings[0].model_copy(update={"message": long, "file": "folder/ " * 20})
    table.model_.beginResetModel()
    table.model_.findings = [first, *table.model_.findings[1:]]
    table.model_.endResetModel()
    qtbot.wait(50)  # what measures rows has had its turn
    page.tabs.setCurrentWidget(page.report)
    qtbot.waitUntil(fitting)
    assert table.rowHeight(0) > 2 * table.rowHeight(1)
    page.report.table.model_.show_index(page.studio.project.index)
    qtbot.waitUntil(fitting)
