"""The grid over an index of many pictures: all have their places soon, and each place shows its picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.dataset import INDEX_SCHEMA, Index
from studio.views.pictures.thumbnails import ThumbnailGrid

COUNT = 20_000

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE classes (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE pictures (id INTEGER PRIMARY KEY, path TEXT, width INTEGER, height INTEGER, split TEXT, digest TEXT);
CREATE TABLE boxes (id INTEGER PRIMARY KEY, picture_id INTEGER, class_id INTEGER, x1 REAL, y1 REAL, x2 REAL, y2 REAL,
    difficult INTEGER, crowd INTEGER, file TEXT, place TEXT);
"""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """Every third picture has a box of the second class, every fifth is for val."""
    path = tmp_path / "index.sqlite"
    with sqlite3.connect(path) as made:
        made.executescript(_TABLES)
        made.execute("INSERT INTO meta VALUES ('schema', ?)", (str(INDEX_SCHEMA),))
        made.executemany("INSERT INTO classes VALUES (?, ?)", enumerate(("sign", "lamp")))
        pictures = ((n, f"/none/{n}.jpg", 64, 48, "train" if n % 5 else "val", str(n)) for n in range(1, COUNT + 1))
        made.executemany("INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?)", pictures)
        boxes = ((None, n, 1, 1, 1, 9, 9, 0, 0, "", "") for n in range(3, COUNT + 1, 3) for _ in range(2))
        made.executemany(f"INSERT INTO boxes VALUES ({', '.join('?' * 11)})", boxes)
    made.close()
    with Index.open(path) as opened:
        yield opened


def test_that_all_pictures_get_their_places(index: Index, qtbot: QtBot) -> None:
    grid = ThumbnailGrid()
    qtbot.addWidget(grid)
    grid.resize(900, 600)
    grid.show_index(index)
    grid.show()
    last = grid.pictures.index(COUNT - 1)
    qtbot.waitUntil(lambda: grid.visualRect(last).isValid(), timeout=60_000)
    rows = -(-COUNT // (900 // grid.drawing.cell.width()))
    qtbot.waitUntil(lambda: grid.verticalScrollBar().maximum() > (rows - 5) * grid.drawing.cell.height())
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.currentIndex() == last
    assert grid.viewport().rect().intersects(grid.visualRect(last))
    assert grid.pictures.data(last) == f"{COUNT}.jpg"


def test_that_each_page_of_a_filter_is_its_own(index: Index) -> None:
    of_class = list(range(3, COUNT + 1, 3))
    of_both = [n for n in of_class if n % 5]
    assert (index.picture_count(None, 1), index.picture_count("train", 1)) == (len(of_class), len(of_both))
    assert index.picture_count(None, 0) == 0 == len(index.pictures(None, 0))
    for split, wanted in ((None, of_class), ("train", of_both)):
        for offset in (0, 64, len(wanted) - 10):
            found = index.pictures(split, 1, limit=64, offset=offset)  # type: ignore[arg-type]
            assert [picture.id for picture in found] == wanted[offset : offset + 64]
            assert all(len(picture.boxes) == 2 for picture in found)
    assert [picture.id for picture in index.pictures("train", 1, offset=len(of_both) - 2)] == of_both[-2:]
