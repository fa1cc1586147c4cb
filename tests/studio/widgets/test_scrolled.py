"""What scrolls asks for the width that it needs; what stands side by side goes below each other."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.views.shell.page_area import PageArea
from studio.widgets.scrolled import Folding, Scrolled


def wide(width: int, height: int = 20) -> QWidget:
    made = QWidget()
    made.setMinimumSize(width, height)
    return made


def test_that_a_scrolled_column_is_never_narrower_than_its_content(qtbot: QtBot) -> None:
    body = QWidget()
    column = QVBoxLayout(body)
    column.addWidget(wide(300, 2000))
    area = Scrolled(body)
    qtbot.addWidget(area)
    assert area.minimumSizeHint().width() >= 300 and area.minimumSizeHint().height() < 200
    area.show()
    before = area.minimumSizeHint().width()
    column.addWidget(wide(400))
    qtbot.waitUntil(lambda: area.minimumSizeHint().width() == before + 100)


def test_that_parts_go_below_each_other_and_back(qtbot: QtBot) -> None:
    room = QWidget()
    qtbot.addWidget(room)
    both = Folding(1, 1)
    both.setParent(room)
    for width in (300, 400):
        both.addWidget(wide(width, 100))
    both.resize(900, 500)
    room.show()
    assert both.orientation() == Qt.Orientation.Horizontal and both.minimumSizeHint().width() == 400
    assert abs(both.sizes()[0] - both.sizes()[1]) <= 2
    both.resize(600, 500)
    qtbot.waitUntil(lambda: both.orientation() == Qt.Orientation.Vertical)
    assert both.minimumSizeHint().height() >= 200
    both.resize(900, 500)
    qtbot.waitUntil(lambda: both.orientation() == Qt.Orientation.Horizontal)


def test_that_an_area_is_scrolled_where_its_page_needs_more_and_the_others_ask_for_nothing(qtbot: QtBot) -> None:
    area, small, large = PageArea(), wide(200, 100), wide(900, 700)
    qtbot.addWidget(area)
    large_text = QLabel("far below", large)
    large_text.move(800, 650)
    for page in (small, large):
        area.addWidget(page)
    area.resize(400, 300)
    area.show()
    bars = area.horizontalScrollBar(), area.verticalScrollBar()
    assert area.currentWidget() is small and small.size() == area.viewport().size()
    assert [bar.maximum() for bar in bars] == [0, 0]
    area.setCurrentWidget(large)
    qtbot.waitUntil(lambda: all(bar.maximum() > 0 for bar in bars))
    assert large.isVisible() and not small.isVisible()
    area.ensureWidgetVisible(large_text)
    assert not large_text.visibleRegion().isEmpty()
    area.setCurrentWidget(small)
    qtbot.waitUntil(lambda: [bar.maximum() for bar in bars] == [0, 0])
