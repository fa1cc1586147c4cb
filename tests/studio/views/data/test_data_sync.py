"""The data page while the source changes and labels are corrected, with the engine that is really there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.dataset import Finding
from engine.contract.text.messages import Message
from studio.studio import Studio
from studio.views.data.page import DataPage
from studio.views.data.sync_dialog import SyncDialog
from studio.views.train.form import TrainForm
from tests.studio.views.data.own_project import edit_json, own_project

LONG_MS = 120_000


@pytest.fixture
def own(made_project: Path, tmp_path: Path) -> tuple[Path, Path]:
    return own_project(made_project, tmp_path)


@pytest.fixture
def page(studio: Studio, own: tuple[Path, Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> DataPage:
    monkeypatch.setattr("studio.stores.data.sync._REST_MS", 10)
    made = DataPage(studio)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    studio.project.open(own[0])
    return made


def drop_a_box(document: dict[str, Any]) -> None:
    del document["annotations"][0]


def shown_texts(page: DataPage) -> list[str]:
    return [row.text.text() for row in page.notices.rows if not row.isHidden()]


def ask(page: DataPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.studio.sync.changed, timeout=LONG_MS):
        page.studio.sync.ask()


def test_that_corrections_are_applied_when_correcting_ends_and_nothing_jumps(page: DataPage, qtbot: QtBot) -> None:
    studio, pictures = page.studio, page.pictures
    pictures.open_row(1)
    canvas = pictures.preview.canvas
    qtbot.waitUntil(canvas.loader.idle)
    qtbot.keyClick(pictures.preview, Qt.Key.Key_E)
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert studio.labels.waiting == 1 and not studio.sync.busy
    path, hash_before = canvas.picture.path, studio.project.index.content_hash()  # type: ignore[union-attr]
    boxes, zoom = canvas.picture.boxes, canvas.seen.zoom  # type: ignore[union-attr]
    assert "waiting" in page.header.corrected.text()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: studio.labels.waiting == 0, timeout=LONG_MS)
    index = studio.project.index
    assert index is not None and index.content_hash() != hash_before
    assert studio.tasks.tasks == [] and shown_texts(page) == []
    assert "applied" in page.header.corrected.text()
    assert pictures.stack.currentWidget() is pictures.preview and pictures.preview.row == 1
    assert canvas.picture.path == path and canvas.seen.zoom == zoom  # type: ignore[union-attr]
    there = index.picture_at(path)
    assert there is not None and len(there.boxes) == len(boxes) == 2
    # What was applied can be taken back, and undone as everything else.
    studio.project.undo.undo()
    assert len(canvas.picture.boxes) == 3  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: studio.labels.waiting == 0 and not studio.sync.busy, timeout=LONG_MS)
    assert studio.project.index.content_hash() == hash_before  # type: ignore[union-attr]


def test_that_a_changed_source_is_told_and_brought_in(page: DataPage, own: tuple[Path, Path], qtbot: QtBot) -> None:
    studio, source = page.studio, own[1]
    ask(page, qtbot)
    assert shown_texts(page) == []
    edit_json(source, "instances_train.json", drop_a_box)
    ask(page, qtbot)
    assert len(shown_texts(page)) == 1 and "1 changed" in shown_texts(page)[0]
    row = page.notices.rows[0]
    row.acts["later"].click()
    assert shown_texts(page) == []
    edit_json(source, "instances_val.json", drop_a_box)
    ask(page, qtbot)
    assert "2 changed" in shown_texts(page)[0]
    form = TrainForm(studio)
    qtbot.addWidget(form)
    assert "2 changed" in form.source.text()
    page.notices.rows[0].acts["bring"].click()
    assert studio.sync.busy
    qtbot.waitUntil(lambda: not studio.sync.busy and studio.sync.changes is not None, timeout=LONG_MS)
    assert page.header.tiles["boxes"].number.text() == "28"
    assert "2 relabelled" in shown_texts(page)[0] and form.source.text() == ""
    page.notices.rows[0].acts["dismiss"].click()
    assert shown_texts(page) == []


def test_that_corrections_wait_for_the_person_where_the_source_changed_too(
    page: DataPage, own: tuple[Path, Path], qtbot: QtBot
) -> None:
    studio = page.studio
    edit_json(own[1], "instances_train.json", drop_a_box)
    picture = page.pictures.grid.pictures.picture(0)
    assert picture is not None
    studio.labels.correct(picture, (), "all away")
    qtbot.waitUntil(lambda: studio.sync.source_changed, timeout=LONG_MS)
    assert not studio.sync.busy and studio.labels.waiting == 1
    assert len(shown_texts(page)) == 1 and "1 corrected" in shown_texts(page)[0]


def test_that_a_source_that_is_not_there_is_said_and_nothing_is_lost(
    page: DataPage, own: tuple[Path, Path], qtbot: QtBot
) -> None:
    own[1].rename(own[1].with_name("away"))
    ask(page, qtbot)
    assert page.studio.sync.source_gone and str(own[1]) in shown_texts(page)[0]
    picture = page.pictures.grid.pictures.picture(0)
    assert picture is not None
    page.studio.labels.correct(picture, (), "all away")
    qtbot.waitUntil(lambda: len(shown_texts(page)) == 2)
    own[1].with_name("away").rename(own[1])
    ask(page, qtbot)
    qtbot.waitUntil(lambda: page.studio.labels.waiting == 0, timeout=LONG_MS)


def test_that_fix_all_lists_what_it_does_and_keeps_the_splits(
    page: DataPage, own: tuple[Path, Path], qtbot: QtBot
) -> None:
    studio, source = page.studio, own[1]
    train = source / "images" / "train"
    first = sorted(train.iterdir())[0]
    shutil.copyfile(first, train / "twin.png")

    def add(document: dict[str, Any]) -> None:
        image = next(image for image in document["images"] if image["file_name"] == first.name)
        document["images"].append({**image, "id": 77, "file_name": "twin.png"})

    edit_json(source, "instances_train.json", add)
    studio.sync.bring()
    qtbot.waitUntil(lambda: not studio.sync.busy, timeout=LONG_MS)
    assert studio.sync.problem is None and page.header.tiles["pictures"].number.text() == "11"
    counts = studio.project.index.counts()  # type: ignore[union-attr]
    assert page.report.mend.isEnabled()
    page.report.mend.click()
    dialog = page.findChild(SyncDialog)
    assert dialog is not None and not dialog.start.isEnabled()
    qtbot.waitUntil(lambda: dialog.result_ is not None, timeout=LONG_MS)
    assert "1" in dialog.start.text() and dialog.start.isEnabled()
    dialog.start.click()
    qtbot.waitUntil(lambda: not studio.sync.busy, timeout=LONG_MS)
    index = studio.project.index
    assert studio.sync.problem is None and index is not None
    assert index.counts() == {**counts, "train": counts["train"] - 1, "none": 1}
    assert not page.report.mend.isEnabled()


def test_that_look_tells_what_would_change_and_can_be_left(
    page: DataPage, own: tuple[Path, Path], qtbot: QtBot
) -> None:
    edit_json(own[1], "instances_val.json", drop_a_box)
    page.look()
    dialog = page.findChild(SyncDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.result_ is not None, timeout=LONG_MS)
    assert dialog.start.isEnabled() and dialog.result_ is not None and dialog.result_.changes.relabelled == 1
    dialog.reject()
    assert not page.studio.sync.busy and page.studio.tasks.tasks == []


def test_that_what_stops_it_and_can_be_mended_is_no_dead_end(
    page: DataPage, own: tuple[Path, Path], qtbot: QtBot
) -> None:
    train = own[1] / "images" / "train"
    sorted(train.iterdir())[0].unlink()
    page.look()
    dialog = page.findChild(SyncDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.result_ is not None, timeout=LONG_MS)
    assert "Fix 1" in dialog.start.text() and dialog.start.isEnabled()
    dialog.start.click()
    qtbot.waitUntil(lambda: not page.studio.sync.busy, timeout=LONG_MS)
    assert page.studio.sync.problem is None and page.header.tiles["pictures"].number.text() == "9"


def test_that_a_finding_opens_its_picture_with_its_box(page: DataPage, qtbot: QtBot) -> None:
    index = page.studio.project.index
    assert index is not None
    picture = index.pictures(limit=1, offset=4)[0]
    box = picture.boxes[1]
    message = Message(code="data.class_unused", args={"file": "", "place": "", "name": "tree"})
    finding = Finding(severity="warning", message=message, file=box.file, place=box.place, action="kept")
    page.report.table.model_.beginResetModel()
    page.report.table.model_.findings = [finding, finding.model_copy(update={"place": "", "file": box.file})]
    page.report.table.model_.endResetModel()
    page.report.stack.setCurrentWidget(page.report.table)
    page.tabs.setCurrentWidget(page.report)
    page.report.table.selectRow(1)
    qtbot.waitUntil(lambda: page.report._rest.isActive() is False)
    assert not page.report.open.isEnabled() and page.report.open.toolTip()
    page.report.table.selectRow(0)
    qtbot.keyClick(page.report.table, Qt.Key.Key_Return)
    preview = page.pictures.preview
    assert page.tabs.currentWidget() is page.pictures and page.pictures.stack.currentWidget() is preview
    assert preview.canvas.picture is not None and preview.canvas.picture.path == picture.path
    assert preview.canvas.lit == 1 and not preview.note.isHidden()
    # It is mended in place.
    qtbot.keyClick(preview, Qt.Key.Key_E)
    assert preview.canvas.selected == 1
    qtbot.keyClick(preview.canvas, Qt.Key.Key_Delete)
    assert len(preview.canvas.picture.boxes) == len(picture.boxes) - 1


def test_that_labels_are_exported_and_it_is_said_where(page: DataPage, tmp_path: Path, qtbot: QtBot) -> None:
    out = tmp_path / "out.json"
    page.header.more.write(out)
    qtbot.waitUntil(lambda: page.studio.label_export.written is not None, timeout=LONG_MS)
    assert len(json.loads(out.read_text(encoding="utf-8"))["annotations"]) == 30
    assert str(out) in shown_texts(page)[0]
    page.notices.rows[0].acts["dismiss"].click()
    assert shown_texts(page) == []
    page.header.more.write(tmp_path / "no folder" / "x" / "out.json")
    qtbot.waitUntil(lambda: not page.studio.label_export.busy, timeout=LONG_MS)
    page.header.more.write(out / "below a file.json")
    qtbot.waitUntil(lambda: page.studio.label_export.problem is not None, timeout=LONG_MS)
    assert len(shown_texts(page)) == 1


def test_that_a_source_that_moved_is_found_again(page: DataPage, own: tuple[Path, Path], qtbot: QtBot) -> None:
    moved = own[1].with_name("moved")
    own[1].rename(moved)
    ask(page, qtbot)
    assert page.studio.sync.source_gone
    page.studio.sync.bring(source=str(moved))
    qtbot.waitUntil(lambda: not page.studio.sync.busy and page.studio.sync.changes is not None, timeout=LONG_MS)
    assert page.studio.sync.problem is None and not page.studio.sync.source_gone
    assert page.header.source.full == str(moved)
