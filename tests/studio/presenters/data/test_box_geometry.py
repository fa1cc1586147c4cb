"""Boxes moved, pulled and drawn: always inside the picture, always with an area."""

from __future__ import annotations

import pytest

from studio.presenters.data.box_geometry import HANDLES, Edges, below, drawn, handle_at, handle_place, moved, resized

SIZE = (100.0, 80.0)
BOX: Edges = (10.5, 20.0, 40.0, 60.0)


@pytest.mark.parametrize("by", [(0, 0), (3.4, -2.6), (-1000, 0), (1000, 1000), (0, -1000), (0.4, 0.4)])
def test_that_a_moved_box_keeps_its_size_and_stays_in_the_picture(by: tuple[float, float]) -> None:
    x1, y1, x2, y2 = moved(BOX, by, SIZE)
    assert (x2 - x1, y2 - y1) == (BOX[2] - BOX[0], BOX[3] - BOX[1])
    assert x1 >= 0 and x2 <= SIZE[0] and y1 >= 0 and y2 <= SIZE[1]


def test_that_a_box_as_large_as_its_picture_stays_where_it_is() -> None:
    assert moved((0.0, 0.0, 100.0, 80.0), (5, -5), SIZE) == (0, 0, 100, 80)


@pytest.mark.parametrize("by", [(0, 0), (-500, -500), (500, 500), (7.3, -7.3)])
@pytest.mark.parametrize("handle", HANDLES)
def test_that_a_pulled_box_keeps_an_area_and_the_other_edges(handle: str, by: tuple[float, float]) -> None:
    now = resized(BOX, handle, by, SIZE)  # type: ignore[arg-type]
    assert 0 <= now[0] <= now[2] - 1 and now[2] <= SIZE[0]
    assert 0 <= now[1] <= now[3] - 1 and now[3] <= SIZE[1]
    kept = {edge for edge, letter in enumerate("wnes") if letter not in handle}
    assert all(now[edge] == BOX[edge] for edge in kept)


def test_that_a_box_is_drawn_from_any_corner_and_a_click_draws_none() -> None:
    assert drawn((40, 50), (10.2, 12.7), SIZE) == (10, 13, 40, 50)
    assert drawn((90, 70), (500, 500), SIZE) == (90, 70, 100, 80)
    assert drawn((5, 5), (6, 40), SIZE) is None
    assert drawn((-50, -50), (-20, -10), SIZE) is None


def test_that_the_smallest_box_below_a_place_comes_first() -> None:
    boxes: list[Edges] = [(0, 0, 100, 80), (10, 10, 20, 20), (50, 50, 60, 60), (5, 5, 40, 40)]
    assert below(boxes, (15, 15)) == [1, 3, 0]
    assert below(boxes, (200, 15)) == []


@pytest.mark.parametrize("handle", HANDLES)
def test_that_a_handle_is_found_where_it_lies(handle: str) -> None:
    place = handle_place(BOX, handle)  # type: ignore[arg-type]
    assert handle_at(BOX, place, (1, 1)) == handle
    assert handle_at(BOX, (place[0] + 300, place[1]), (1, 1)) is None
