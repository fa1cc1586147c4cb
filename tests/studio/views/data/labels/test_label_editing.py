"""Labels corrected in the large picture, by mouse and keys as a person would."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.contract.dataset import Box
from engine.contract.labels import Corrections
from studio.studio import Studio
from studio.views.data.labels.canvas import LabelCanvas
from studio.views.data.page import DataPage
from studio.views.shell.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(studio: Studio, project: Path, qtbot: QtBot) -> DataPage:
    made = DataPage(studio)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    studio.project.open(project)
    with qtbot.waitExposed(made):
        made.activateWindow()
    made.pictures.open_row(0)
    qtbot.waitUntil(made.pictures.preview.canvas.loader.idle)
    qtbot.keyClick(made.pictures.preview, Qt.Key.Key_E)
    return made


def canvas_of(page: DataPage) -> LabelCanvas:
    return page.pictures.preview.canvas


def spot(canvas: LabelCanvas, x: float, y: float) -> QPoint:
    """A place of the picture on the canvas."""
    assert canvas.picture is not None
    area = canvas.area()
    across, down = area.width() / canvas.picture.width, area.height() / canvas.picture.height
    return QPoint(round(area.left() + x * across), round(area.top() + y * down))


def drag(qtbot: QtBot, canvas: LabelCanvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    qtbot.mousePress(canvas, LEFT, pos=spot(canvas, *start))
    for share in (0.5, 1.0):
        x, y = (start[place] + share * (end[place] - start[place]) for place in (0, 1))
        qtbot.mouseMove(canvas, spot(canvas, x, y))
    qtbot.mouseRelease(canvas, LEFT, pos=spot(canvas, *end))


def boxes_of(canvas: LabelCanvas) -> tuple[Box, ...]:
    assert canvas.picture is not None
    return canvas.picture.boxes


def middle(box: Box) -> tuple[float, float]:
    return (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2


def written(page: DataPage, qtbot: QtBot) -> Corrections:
    folder = page.studio.project.folder
    assert folder is not None
    qtbot.waitUntil(lambda: page.studio.labels.saved)
    return Corrections.read(folder.labels)


def test_that_a_box_is_chosen_moved_and_the_change_undone(page: DataPage, qtbot: QtBot) -> None:
    canvas, undo = canvas_of(page), page.studio.project.undo
    before = boxes_of(canvas)
    qtbot.mouseClick(canvas, LEFT, pos=spot(canvas, *middle(before[0])))
    assert canvas.selected == 0
    assert page.facts.boxes.currentItem() is page.facts.boxes.topLevelItem(0)
    x, y = middle(before[0])
    drag(qtbot, canvas, (x, y), (x + 6, y + 3))
    now = boxes_of(canvas)[0]
    assert (now.x2 - now.x1, now.y2 - now.y1) == (before[0].x2 - before[0].x1, before[0].y2 - before[0].y1)
    assert now.x1 == pytest.approx(before[0].x1 + 6, abs=1) and now.y1 == pytest.approx(before[0].y1 + 3, abs=1)
    assert canvas.selected == 0
    assert page.studio.labels.is_corrected(canvas.picture)  # type: ignore[arg-type]
    undo.undo()
    assert boxes_of(canvas) == before
    assert not page.studio.labels.is_corrected(canvas.picture)  # type: ignore[arg-type]
    undo.redo()
    assert boxes_of(canvas)[0] == now
    held = written(page, qtbot).pictures
    assert [len(correction.boxes) for correction in held.values()] == [len(before)]


def test_that_a_handle_pulls_one_corner_and_never_out_of_the_picture(page: DataPage, qtbot: QtBot) -> None:
    canvas = canvas_of(page)
    box = boxes_of(canvas)[0]
    qtbot.mouseClick(canvas, LEFT, pos=spot(canvas, *middle(box)))
    qtbot.mouseMove(canvas, spot(canvas, box.x2, box.y2))
    assert canvas.cursor().shape() == Qt.CursorShape.SizeFDiagCursor
    drag(qtbot, canvas, (box.x2, box.y2), (10_000, 10_000))
    now = boxes_of(canvas)[0]
    assert canvas.picture is not None
    assert (now.x1, now.y1, now.x2, now.y2) == (box.x1, box.y1, canvas.picture.width, canvas.picture.height)


def test_that_a_box_is_drawn_on_empty_ground_and_deleted(page: DataPage, qtbot: QtBot) -> None:
    canvas, bar = canvas_of(page), page.pictures.preview.bar
    before = boxes_of(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_N)
    assert bar.new.isChecked() and canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    qtbot.keyClick(canvas, Qt.Key.Key_2)
    drag(qtbot, canvas, (2, 2), (20, 15))
    assert not bar.new.isChecked()
    assert len(boxes_of(canvas)) == len(before) + 1
    new = boxes_of(canvas)[-1]
    assert new.class_id == 1 and (new.x1, new.y1) == pytest.approx((2, 2), abs=1)
    assert canvas.selected == len(before)
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert boxes_of(canvas) == before
    assert canvas.selected is None and not bar.delete.isEnabled() and bar.delete.toolTip()


def test_that_keys_move_name_and_mark_the_chosen_box(page: DataPage, qtbot: QtBot) -> None:
    canvas, bar, undo = canvas_of(page), page.pictures.preview.bar, page.studio.project.undo
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    assert canvas.selected == 0
    box = boxes_of(canvas)[0]
    count = undo.count()
    for _ in range(3):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    now = boxes_of(canvas)[0]
    assert canvas.picture is not None
    down = min(10, canvas.picture.height - box.y2)
    assert (now.x1, now.y1) == pytest.approx((min(box.x1 + 3, canvas.picture.width), box.y1 + down))
    assert undo.count() == count + 1  # nudges are one step
    qtbot.keyClick(canvas, Qt.Key.Key_3)
    assert boxes_of(canvas)[0].class_id == 2 and bar.kinds.currentIndex() == 2
    qtbot.mouseClick(bar.marks["difficult"], LEFT, pos=QPoint(8, bar.marks["difficult"].height() // 2))
    assert boxes_of(canvas)[0].difficult
    bar.kinds.setCurrentIndex(0)
    bar.kinds.activated.emit(0)
    assert boxes_of(canvas)[0].class_id == 0
    held = next(iter(written(page, qtbot).pictures.values())).boxes[0]
    assert held.difficult and held.name == canvas.classes[0]


def test_that_escape_leaves_and_another_picture_goes_on(page: DataPage, qtbot: QtBot) -> None:
    preview = page.pictures.preview
    qtbot.keyClick(canvas_of(page), Qt.Key.Key_N)
    qtbot.keyClick(canvas_of(page), Qt.Key.Key_Escape)
    assert preview.canvas.editing and not preview.canvas.armed
    qtbot.keyClick(canvas_of(page), Qt.Key.Key_Right)
    assert preview.row == 1 and preview.canvas.editing
    qtbot.keyClick(canvas_of(page), Qt.Key.Key_Escape)
    assert not preview.canvas.editing and preview.bar.isHidden() and not preview.edit.isChecked()
    assert page.pictures.stack.currentWidget() is preview
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert page.pictures.stack.currentWidget() is page.pictures.grid


def test_that_zoom_and_pan_go_on_working(page: DataPage, qtbot: QtBot) -> None:
    canvas = canvas_of(page)
    before = boxes_of(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    area = canvas.area()
    start = canvas.rect().center()
    qtbot.mousePress(canvas, Qt.MouseButton.MiddleButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(-40, -20))
    qtbot.mouseRelease(canvas, Qt.MouseButton.MiddleButton, pos=start + QPoint(-40, -20))
    assert canvas.area().left() < area.left()
    assert boxes_of(canvas) == before


def test_that_corrected_pictures_are_marked_filtered_and_taken_back(page: DataPage, qtbot: QtBot) -> None:
    canvas, pictures = canvas_of(page), page.pictures
    before = boxes_of(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(boxes_of(canvas)) == len(before) - 1
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    pictures.show_grid()
    shown = pictures.grid.pictures.picture(0)
    assert shown is not None and len(shown.boxes) == len(before) - 1
    assert pictures.grid.drawing.is_marked(shown)
    assert not pictures.filters.corrected.isHidden()
    pictures.filters.corrected.click()
    assert pictures.grid.pictures.rowCount() == 1
    pictures.open_row(0)
    qtbot.keyClick(pictures.preview, Qt.Key.Key_E)
    pictures.preview.bar.take_back.click()
    assert boxes_of(canvas) == before
    assert pictures.preview.bar.take_back.toolTip()


def test_that_a_disk_that_refuses_loses_nothing_and_says_so(
    page: DataPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas, labels = canvas_of(page), page.studio.labels
    folder = page.studio.project.folder
    assert folder is not None

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", str(folder.labels))

    with monkeypatch.context() as patch:
        patch.setattr(Corrections, "write", refuse)
        qtbot.keyClick(canvas, Qt.Key.Key_Tab)
        qtbot.keyClick(canvas, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: labels.problem is not None)
    assert not labels.saved and not folder.labels.exists()
    row = page.notices.rows[0]
    assert "No space left on device" in row.text.text()
    row.acts["save"].click()
    assert len(written(page, qtbot).pictures) == 1
    assert labels.problem is None


def test_that_going_elsewhere_ends_correcting(page: DataPage, qtbot: QtBot) -> None:
    assert page.studio.sync.held
    page.tabs.setCurrentWidget(page.charts)
    assert not page.pictures.preview.canvas.editing and not page.studio.sync.held


def test_that_the_windows_undo_undoes_labels_too(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    window.studio.project.open(project)
    window.show_page("data")
    page = window.page
    assert isinstance(page, DataPage)
    page.pictures.open_row(0)
    qtbot.keyClick(page.pictures.preview, Qt.Key.Key_E)
    canvas = canvas_of(page)
    before = boxes_of(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(boxes_of(canvas)) == len(before) - 1
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert boxes_of(canvas) == before
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(canvas, Qt.Key.Key_Z, modifiers)
    assert len(boxes_of(canvas)) == len(before) - 1
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.editing and page.pictures.stack.currentWidget() is page.pictures.preview


def test_that_the_source_is_asked_for_when_somebody_comes_back_but_not_every_time(
    window: MainWindow, project: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, asked = window.studio.sync, []
    monkeypatch.setattr(sync._engine, "ask", lambda *words: asked.append(words))
    window.studio.project.open(project)
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    sync.look()
    assert len(asked) <= 1
    monkeypatch.setattr("studio.stores.data.sync._AGAIN_S", 0.0)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    count = len(asked)
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert len(asked) == count + 1
