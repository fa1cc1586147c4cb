"""The compare page: the table with its changes, the scatter, sides A and B, and the picture under the handle."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from engine.contract.project import ProjectFolder
from studio.studio import Studio
from studio.theme import palette
from studio.views.compare.page import ComparePage
from studio.views.compare.picture_controls import TRUTH
from studio.views.compare.rows import has_weights
from studio.views.compare.table import delta_colour, side_rects, tick_rect
from studio.views.shared.run_table import COLUMNS, RUN, SIDES
from tests.studio.stores.told_runs import figure, keep_figures, keep_scores, write_run
from tests.studio.views.test_picture_view import turn_wheel

PATIENCE_MS = 60_000


def test_that_every_run_is_set_against_its_base(page: ComparePage) -> None:
    assert [(row.depth, row.base) for row in page.model.rows] == [(0, None), (1, "0001-train"), (2, "0001-train")]
    change = page.model.rows[2].deltas["map_val"]
    assert change is not None and (change.text, change.arrow, change.better) == ("-6.0", "▼", False)
    assert page._names == ("0001-train", "0003-quantised")


def test_that_a_column_sorts_and_puts_blanks_last(page: ComparePage) -> None:
    page.table.sortByColumn(COLUMNS.index("map_val"), Qt.SortOrder.AscendingOrder)
    assert [row.number for row in page.model.rows] == [3, 2, 1]
    page.table.sortByColumn(COLUMNS.index("host_ms"), Qt.SortOrder.DescendingOrder)
    assert page.model.rows[0].number == 1
    page.table.sortByColumn(RUN, Qt.SortOrder.AscendingOrder)
    assert page.model.sorted_by_tree and [row.number for row in page.model.rows] == [1, 2, 3]


def test_that_sides_are_chosen_by_key_and_by_click(page: ComparePage, qtbot: QtBot) -> None:
    page.table.select("0002-pruned")
    qtbot.keyClick(page.table, Qt.Key.Key_B)
    assert page._names == ("0001-train", "0002-pruned")
    cell = page.table.visualRect(page.model.index(2, SIDES))
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=side_rects(cell)[0].center())
    assert page._names == ("0003-quantised", "0002-pruned")
    assert page.studio.settings.value.compare_a == "0003-quantised"
    page.set_side("0002-pruned", "a")
    assert page._names == ("0002-pruned", "0003-quantised")


def test_that_an_unticked_run_leaves_the_scatter(page: ComparePage, qtbot: QtBot) -> None:
    assert page.scatter is not None
    page.scatter.cost.setCurrentIndex(page.scatter.cost.findData("macs"))
    assert [mark.tag for mark in page.scatter.plot.marks] == ["0001", "0002", "0003"]
    cell = page.table.visualRect(page.model.index(1, RUN))
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=tick_rect(cell).center())
    assert [mark.tag for mark in page.scatter.plot.marks] == ["0001", "0003"]
    page.scatter.cost.setCurrentIndex(page.scatter.cost.findData("host_ms"))
    assert [mark.tag for mark in page.scatter.plot.marks] == ["0001"] and page.scatter.plot.marks[0].filled


def test_that_a_mark_is_found_under_the_pointer(page: ComparePage, qtbot: QtBot) -> None:
    assert page.scatter is not None
    plot = page.scatter.plot
    qtbot.wait(50)
    spot = plot.plot.getPlotItem().vb.mapViewToScene(QPointF(plot.marks[0].x, plot.marks[0].y))
    found = plot.mark_near(spot + QPointF(5, 5))
    assert found is not None and found.name == plot.marks[0].name
    assert plot.mark_near(spot + QPointF(60, 60)) is None


def test_that_keys_move_the_handle_and_turn_the_pictures(page: ComparePage, qtbot: QtBot) -> None:
    view = page.pictures.view
    qtbot.waitUntil(lambda: view.counts() == (2, 1, 1), timeout=PATIENCE_MS)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.handle == pytest.approx(0.52)
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.handle == 1.0
    first = page.pictures._path
    qtbot.keyClick(view, Qt.Key.Key_D)
    assert page.pictures._path != first
    qtbot.keyClick(view, Qt.Key.Key_A)
    assert page.pictures._path == first


def test_that_the_threshold_hides_weak_boxes_at_once(page: ComparePage, qtbot: QtBot) -> None:
    page.pictures.threshold.setValue(80)
    assert page.pictures.view.counts() == (1, 1, 0)


def test_that_the_handle_is_dragged(page: ComparePage, qtbot: QtBot) -> None:
    view = page.pictures.view
    qtbot.waitUntil(lambda: not view._image.isNull(), timeout=PATIENCE_MS)
    area = view.area()
    spot = QPoint(round(area.left() + area.width() * 0.25), round(area.center().y()))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot)
    assert view.handle == pytest.approx(0.25, abs=0.02)


def test_that_a_dropped_picture_is_compared(page: ComparePage, project: Path, qtbot: QtBot) -> None:
    index = page.studio.project.index
    assert index is not None
    page.pictures.add_pictures([index.pictures("train", limit=1)[0].path])
    assert page.pictures.total() == 1 and page.pictures.view.counts()[0] == 2


def test_that_classes_are_told_side_by_side(page: ComparePage) -> None:
    table = page.classes.classes
    cells = [[item.text() for column in (0, 3) if (item := table.item(row, column))] for row in range(table.rowCount())]
    assert sorted(cells) == [["give way", "▼ -6.0?"], ["stop", "▼ -6.0?"]]


def test_that_buttons_say_why_they_are_off(page: ComparePage) -> None:
    assert page.evaluate.isEnabled() and page.measure.isEnabled()
    for name in ("0001-train", "0002-pruned", "0003-quantised"):
        page.model.toggle(name)
    assert not page.measure.isEnabled() and page.measure.toolTip()


def against(page: ComparePage, place: int) -> None:
    """Choose what A is set against, as a person does."""
    page.pictures.bar.against.setCurrentIndex(place)
    page.pictures.bar.against.activated.emit(place)


def test_that_ground_truth_is_drawn_beside_what_both_found_and_remembered(page: ComparePage, qtbot: QtBot) -> None:
    view, bar = page.pictures.view, page.pictures.bar
    qtbot.waitUntil(lambda: view.counts() == (2, 1, 1), timeout=PATIENCE_MS)
    assert not any("truth" in side and side["truth"] for side in view.sides())
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_G)
    assert bar.truth.isChecked()
    assert all(len(side["truth"]) == 3 and not side["truth"][0].scored for side in view.sides())
    assert page.pictures.legend.texts() == ["Ground truth", "Not found by B"]
    studio = page.studio
    assert studio.project.folder is not None
    assert '"compare_truth": true' in (studio.project.folder.root / "studio.json").read_text()
    bar.truth.click()
    assert not studio.project.choices.compare_truth


def test_that_one_run_is_set_against_the_ground_truth(page: ComparePage, qtbot: QtBot) -> None:
    view = page.pictures.view
    against(page, TRUTH)
    assert page.pictures.alone and page.studio.project.choices.compare_alone
    left, right = view.sides()
    assert len(left["new"]) + len(left["found"]) == 2 and len(right["truth"]) + len(right["lost"]) == 3
    there, missed = view.counts()[1:]
    assert (there, missed) == (3, len(right["lost"]))
    assert "3" in page.pictures.foot.counts.text() and view.tags()[1] == "B  Ground truth"
    assert page.classes.figures.isColumnHidden(2)
    page.set_side("0002-pruned", "b")
    assert not page.pictures.alone and not page.classes.figures.isColumnHidden(2)


def test_that_dropped_pictures_have_no_ground_truth(page: ComparePage) -> None:
    index = page.studio.project.index
    assert index is not None
    page.pictures.add_pictures([index.pictures("train", limit=1)[0].path])
    assert not page.pictures.bar.truth.isEnabled() and page.pictures.bar.truth.toolTip()


def test_that_both_sides_are_zoomed_together_and_the_handle_stays(page: ComparePage, qtbot: QtBot) -> None:
    view = page.pictures.view
    qtbot.waitUntil(lambda: not view._image.isNull(), timeout=PATIENCE_MS)
    view.set_handle(0.5)
    whole = view.area()
    assert turn_wheel(view, whole.center().toPoint(), 6)
    assert view.area().width() > whole.width() and view.handle == 0.5
    seen, zoomed = view.visible_area(), view.area()
    away = QPoint(round(seen.left() + 0.8 * seen.width()), round(seen.center().y()))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=away)
    qtbot.mouseMove(view, away - QPoint(20, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=away - QPoint(20, 0))
    assert view.handle == 0.5 and view.area().left() == pytest.approx(zoomed.left() - 20)
    on = QPoint(round(seen.left() + 0.5 * seen.width()), round(seen.center().y()))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=on)
    qtbot.mouseMove(view, on + QPoint(30, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=on + QPoint(30, 0))
    assert view.handle > 0.5 and view.area().left() == pytest.approx(zoomed.left() - 20)
    page.pictures.bar.fit.click()
    assert view.area() == whole


def test_that_another_picture_is_seen_whole(page: ComparePage, qtbot: QtBot) -> None:
    view = page.pictures.view
    qtbot.waitUntil(lambda: not view._image.isNull(), timeout=PATIENCE_MS)
    view.zoom_by(3)
    page.pictures.turn(1)
    assert view.seen.whole


@pytest.mark.parametrize("width", [240, 320, 900])
def test_that_the_tags_of_the_sides_never_meet(page: ComparePage, qtbot: QtBot, width: int) -> None:
    view = page.pictures.view
    view.set_names("0001 a-run-with-a-very-long-name", "0002 another-run-with-a-very-long-name")
    view.resize(width, 180)
    metrics = QFontMetrics(view.font())
    assert all(metrics.horizontalAdvance(tag) < width / 2 for tag in view.tags())
    assert view.tags()[0].startswith("A") and view.tags()[1].startswith("B")


def test_that_tags_of_the_scatter_do_not_meet_at_any_size(page: ComparePage, qtbot: QtBot) -> None:
    assert page.scatter is not None
    page.scatter.cost.setCurrentIndex(page.scatter.cost.findData("macs"))
    for width in (1100, 900, 1400):
        page.resize(width, 700)
        qtbot.wait(20)
        boxes = [box for box, _ in page.scatter.plot.tags.boxes]
        assert len(boxes) == 3
        assert not any(one.meets(other) for one, other in itertools.combinations(boxes, 2))


def test_that_a_difference_within_noise_is_grey_and_says_so(page: ComparePage, qtbot: QtBot) -> None:
    runs = page.studio.runs
    row = page.model.rows[1]
    assert row.deltas["map_val"].certainty == "unknown"  # type: ignore[union-attr]
    assert "Evaluate" in page.classes.chance.text()
    for run, score in zip(runs.runs, (50.0, 45.0, 44.0), strict=True):
        keep_scores(run.root, score)
    runs.scan()
    qtbot.waitUntil(lambda: page.model.rows[1].deltas["map_val"].certainty == "beyond", timeout=PATIENCE_MS)  # type: ignore[union-attr]
    keep_scores(runs.runs[1].root, 49.9)
    runs.scan()
    qtbot.waitUntil(lambda: page.model.rows[1].deltas["map_val"].certainty == "within", timeout=PATIENCE_MS)  # type: ignore[union-attr]
    change = page.model.rows[1].deltas["map_val"]
    assert change is not None and delta_colour(change) == palette().muted
    cell = page.model.index(1, COLUMNS.index("map_val"))
    assert "within noise" in cell.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Within noise" in cell.data(Qt.ItemDataRole.ToolTipRole)


def test_that_a_time_of_a_busy_machine_is_told_as_such(page: ComparePage, qtbot: QtBot) -> None:
    run = page.studio.runs.runs[1]
    busy = figure("host_ms_network", 2.0, "ms").model_copy(update={"load": 0.46})
    keep_figures(run.root, "host", [busy])
    page.studio.runs.scan()
    qtbot.waitUntil(lambda: page.model.rows[1].figures["host_ms"] is not None, timeout=PATIENCE_MS)
    cell = page.model.index(1, COLUMNS.index("host_ms"))
    assert "46 %" in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert not page.table.grab().isNull()


def test_that_evaluate_asks_for_what_is_missing(page: ComparePage) -> None:
    names = [run.name for run in page.studio.runs.runs]
    assert page._missing() == [(name, split) for split in ("test", "val") for name in names]


def test_that_a_first_run_is_seen_at_once(studio: Studio, project: Path, qtbot: QtBot) -> None:
    write_run(project)
    page = ComparePage(studio)
    page.show()
    page.activated()
    qtbot.addWidget(page)
    qtbot.addWidget(page.classes)
    studio.project.open(project)
    qtbot.waitUntil(lambda: page._names == ("0001-train", None) and page.pictures.alone, timeout=PATIENCE_MS)
    assert page.pictures._path is not None and len(page.pictures.view.sides()[1]["truth"]) == 3
    assert not page.pictures.bar.against.model().item(0).isEnabled()  # type: ignore[attr-defined]
    studio.close()


def _trained(page: ComparePage, name: str) -> bool:
    return has_weights(page.studio.runs.by_name(name))


def test_that_the_sides_that_are_looked_at_stay_when_another_run_finishes(
    page: ComparePage, project: Path, qtbot: QtBot
) -> None:
    page.refresh()
    assert page._names == ("0001-train", "0003-quantised")
    write_run(project, "later", ProjectFolder(project).runs / "0001-train", score=60.0)
    qtbot.waitUntil(lambda: len(page.model.rows) == 4 and _trained(page, "0004-later"), timeout=PATIENCE_MS)
    page.refresh()
    assert page._names == ("0001-train", "0003-quantised")
    page.hide()
    page.refresh()
    assert page._names == ("0001-train", "0004-later")
