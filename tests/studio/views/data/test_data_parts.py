"""Parts of the data page that need no engine: shares, colours, boxes, decoding, bars."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from engine.contract.dataset import Box, Finding, SplitStatistics, Statistics
from engine.contract.text.messages import Message
from studio.views.data.charts import class_bars, share_rows, size_rows
from studio.views.data.class_chart import BarRow, BarTable
from studio.views.imports.splits import DEFAULT, SplitSliders, share_out
from studio.views.pictures.boxes import box_rect, class_colour, fitted, paint_boxes
from studio.views.pictures.decoding import decode
from studio.views.pictures.loading import PictureLoader


def picture(path: Path, width: int = 64, height: int = 48, colour: str = "#336699") -> str:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    assert image.save(str(path))
    return str(path)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("wanted", [-5, 0, 1, 33, 99, 100, 250])
@pytest.mark.parametrize("shares", [(80, 10, 10), (100, 0, 0), (1, 99, 0), (34, 33, 33)])
def test_that_shares_always_make_a_hundred_and_train_keeps_some(
    shares: tuple[int, int, int], place: int, wanted: int
) -> None:
    result = share_out(shares, place, wanted)
    assert sum(result) == 100
    assert min(result) >= 0
    assert result[0] >= 1


def test_that_the_others_give_in_their_proportion() -> None:
    assert share_out((80, 15, 5), 0, 60) == (60, 30, 10)


def test_that_moving_a_slider_moves_numbers_and_the_other_sliders(qtbot: QtBot) -> None:
    sliders = SplitSliders()
    qtbot.addWidget(sliders)
    assert sliders.shares() == DEFAULT
    with qtbot.waitSignal(sliders.changed):
        sliders.sliders[1].setValue(30)
    assert sliders.shares() == (62, 30, 8)
    assert [number.value() for number in sliders.numbers] == [62, 30, 8]


def test_that_neighbouring_classes_differ_in_colour() -> None:
    colours = [class_colour(number).name() for number in range(40)]
    assert all(one != other for one, other in zip(colours, colours[1:], strict=False))


def test_that_a_box_lies_where_its_picture_is_drawn() -> None:
    area = fitted(QSizeF(200, 100), QRectF(0, 0, 100, 100))
    assert area == QRectF(0, 25, 100, 50)
    assert box_rect(Box(0, 20, 10, 120, 60), QSizeF(200, 100), area) == QRectF(10, 30, 50, 25)


def test_that_a_label_never_leaves_the_picture() -> None:
    image = QImage(100, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    area = QRectF(10, 10, 80, 40)
    boxes = [Box(0, 70, 0, 80, 10), Box(1, 0, 30, 10, 40)]
    paint_boxes(painter, boxes, QSizeF(80, 40), area, classes=("a long name", "b"))
    painter.end()
    beside = [image.pixelColor(x, y) for x in range(94, 100) for y in range(60)]
    assert {colour.name() for colour in beside} == {"#000000"}


def test_that_a_picture_is_decoded_no_larger_than_asked(tmp_path: Path) -> None:
    image = decode(picture(tmp_path / "one.png", 640, 480), QSize(100, 100))
    assert (image.width(), image.height()) == (100, 75)


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_that_what_is_no_picture_becomes_a_null_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "one.jpg").write_bytes(content)
    assert decode(str(tmp_path / "one.jpg"), QSize(100, 100)).isNull()
    assert decode(str(tmp_path / "none.jpg"), QSize(100, 100)).isNull()


def test_that_pictures_arrive_and_the_oldest_go_when_memory_is_full(qtbot: QtBot, tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"{number}.png") for number in range(5)]
    loader = PictureLoader(QSize(64, 64), budget=2 * 64 * 48 * 4)
    for path in paths:
        assert loader.picture(path) is None
    qtbot.waitUntil(loader.idle)
    kept = [path for path in paths if path in loader._kept]
    assert len(kept) == 2
    held = loader.picture(kept[0])
    assert held is not None and held.width() == 64


def test_that_a_loader_may_go_while_it_decodes(qtbot: QtBot, tmp_path: Path) -> None:
    loader = PictureLoader(QSize(64, 64))
    loader.picture(picture(tmp_path / "one.png", 2000, 2000))
    loader.deleteLater()
    del loader
    qtbot.wait(200)


def split(**per_class: int) -> SplitStatistics:
    total = sum(per_class.values())
    return SplitStatistics(
        pictures=3, pictures_without_boxes=0, boxes=total, per_class=per_class, small=1, medium=2, large=total - 3,
        relative=(1, total - 1),
    )  # fmt: skip


STATISTICS = Statistics(
    relative_edges=(0.0, 0.5, 1.0),
    splits={"train": split(car=4, dog=0, tree=0), "val": split(car=2, dog=3, tree=0)},
)


def test_that_unused_untrained_and_unknown_classes_are_flagged() -> None:
    unknown = Message(code="data.class_unknown", args={"name": "cat", "file": "a", "place": "b", "known": "c"})
    findings = [Finding(severity="warning", message=unknown, action="dropped")] * 2
    rows = class_bars(STATISTICS, ("train", "val"), ("car", "dog", "tree"), findings)
    assert [row.name for row in rows] == ["car", "dog", "tree", "cat"]
    assert [bool(row.warning) for row in rows] == [False, True, True, True]
    assert rows[0].counts == (4, 2)
    assert "2" in rows[3].warning


def test_that_difficult_boxes_and_crowds_are_counted_apart() -> None:
    train = split(car=4, dog=0).model_copy(update={"difficult": 2, "crowd": 1, "aside": {"dog": 3}})
    statistics = Statistics(splits={"train": train, "val": split(car=2, dog=0)})
    rows = class_bars(statistics, ("train", "val"), ("car", "dog"), ())
    assert [row.counts for row in rows] == [(4, 2), (0, 0), (2, 0), (1, 0)]
    assert [bool(row.warning) for row in rows] == [False, True, False, False]
    assert "3" in rows[1].warning


def test_that_sizes_and_shares_count_every_split() -> None:
    assert [row.counts for row in size_rows(STATISTICS, ("train", "val"))] == [(1, 1), (2, 2), (1, 2)]
    assert [row.counts for row in share_rows(STATISTICS, ("train", "val"))] == [(1, 1), (3, 4)]


def test_that_a_chart_is_a_table_with_exact_numbers_that_sorts(qtbot: QtBot) -> None:
    table = BarTable()
    qtbot.addWidget(table)
    table.show_bars(
        "Class", ("train", "val"), [BarRow("b", (1, 2)), BarRow("a", (900, 20)), BarRow("c", (0, 0), None, "odd")]
    )
    model = table.bars
    shown = [[model.index(row, column).data() for column in range(model.columnCount())] for row in range(3)]
    assert shown == [["b", "", "1", "2", "3"], ["a", "", "900", "20", "920"], ["c", "", "0", "0", "0"]]
    assert "900" in model.index(1, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert "odd" in model.index(2, 1).data(Qt.ItemDataRole.AccessibleTextRole)
    table.sortByColumn(4, Qt.SortOrder.DescendingOrder)
    assert [row.name for row in model.rows] == ["a", "b", "c"]
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [row.name for row in model.rows] == ["a", "b", "c"]
    table.resize(600, 200)
    table.show()
    assert not table.grab().isNull()
