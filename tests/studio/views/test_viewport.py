"""Zoom and pan as geometry: what is under the pointer stays there, and no picture is dragged out of sight."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF

from studio.views.pictures.viewport import CLOSEST, LEAST_MOST, Viewport

PICTURE, ROOM = QSizeF(400, 200), QRectF(10, 20, 300, 300)


def share(area: QRectF, place: QPointF) -> tuple[float, float]:
    """Which place of the picture lies under a place of the widget."""
    return (place.x() - area.left()) / area.width(), (place.y() - area.top()) / area.height()


def test_that_all_of_the_picture_is_seen_at_first() -> None:
    assert Viewport().area(PICTURE, ROOM) == QRectF(10, 95, 300, 150)


@pytest.mark.parametrize("place", [QPointF(160, 170), QPointF(40, 120), QPointF(290, 200)])
def test_that_what_is_under_the_pointer_stays_there(place: QPointF) -> None:
    seen = Viewport()
    assert seen.zoom_at(QPointF(160, 170), 3, PICTURE, ROOM)
    before = share(seen.area(PICTURE, ROOM), place)
    assert seen.zoom_at(place, 1.25, PICTURE, ROOM)
    assert share(seen.area(PICTURE, ROOM), place) == pytest.approx(before)


@pytest.mark.parametrize("by", [(1e4, 1e4), (-1e4, 1e4), (1e4, -1e4), (-1e4, -1e4)])
def test_that_a_picture_that_fills_the_room_is_not_dragged_out_of_it(by: tuple[float, float]) -> None:
    seen = Viewport()
    seen.zoom_at(ROOM.center(), 4, PICTURE, ROOM)
    assert seen.pan(QPointF(*by), PICTURE, ROOM)
    assert seen.area(PICTURE, ROOM).contains(ROOM)
    assert not seen.pan(QPointF(*by), PICTURE, ROOM)


def test_that_a_drag_back_acts_at_once_after_one_beyond_the_edge() -> None:
    seen = Viewport()
    seen.zoom_at(ROOM.center(), 4, PICTURE, ROOM)
    seen.pan(QPointF(1e4, 0), PICTURE, ROOM)
    before = seen.area(PICTURE, ROOM).left()
    assert seen.pan(QPointF(-10, 0), PICTURE, ROOM)
    assert seen.area(PICTURE, ROOM).left() == pytest.approx(before - 10)


def test_that_a_picture_that_is_seen_whole_cannot_be_moved() -> None:
    seen = Viewport()
    assert not seen.pan(QPointF(30, 30), PICTURE, ROOM)


def test_that_zooming_out_ends_with_the_whole_picture_in_the_middle() -> None:
    seen = Viewport()
    seen.zoom_at(QPointF(15, 100), 2.44, PICTURE, ROOM)
    for _ in range(20):
        seen.zoom_at(QPointF(300, 250), 0.8, PICTURE, ROOM)
    assert seen.whole and seen.area(PICTURE, ROOM) == QRectF(10, 95, 300, 150)
    assert not seen.fit()


@pytest.mark.parametrize("size", [PICTURE, QSizeF(20, 10), QSizeF(8000, 6000)])
def test_that_zooming_in_ends_where_pixels_are_large(size: QSizeF) -> None:
    seen = Viewport()
    for _ in range(100):
        seen.zoom_at(ROOM.center(), 1.25, size, ROOM)
    pixel = seen.area(size, ROOM).width() / size.width()
    assert pixel == pytest.approx(CLOSEST) or seen.zoom == LEAST_MOST


def test_that_the_same_part_is_seen_when_the_room_changes() -> None:
    seen = Viewport()
    seen.zoom_at(QPointF(100, 150), 4, PICTURE, ROOM)
    before = share(seen.area(PICTURE, ROOM), ROOM.center())
    wide = QRectF(0, 0, 600, 600)
    assert share(seen.area(PICTURE, wide), wide.center()) == pytest.approx(before)


def test_that_without_a_picture_nothing_is_zoomed() -> None:
    assert not Viewport().zoom_at(ROOM.center(), 2, QSizeF(), ROOM)
