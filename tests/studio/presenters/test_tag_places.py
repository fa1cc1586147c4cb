"""Tags of the scatter cover neither each other nor marks nor the plot's edge; names of sides fit their plates."""

from __future__ import annotations

import itertools
import random

import pytest

from studio.presenters.compare.side_names import side_names
from studio.presenters.tag_places import Box, shared, tag_places

PLOT = Box(40, 0, 300, 160)
SIZE, RADIUS = (30.0, 14.0), 9.0


def covering(points: list[tuple[float, float]]) -> list[str]:
    found = [box for box, _ in tag_places(points, [SIZE] * len(points), PLOT, RADIUS)]
    marks = [Box(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS) for x, y in points]
    wrong = [f"{one} and {other}" for one, other in itertools.combinations(found, 2) if one.meets(other)]
    wrong += [f"{box} on {mark}" for box in found for mark in marks if box.meets(mark)]
    return wrong + [f"{box} outside" for box in found if not box.inside(PLOT)]


@pytest.mark.parametrize("seed", range(20))
def test_that_no_tag_covers_another_a_mark_or_the_edge(seed: int) -> None:
    chance = random.Random(seed)
    points = [(chance.uniform(50, 330), chance.uniform(10, 150)) for _ in range(8)]
    points = [points[group[0]] for group in shared(points)]
    assert covering(points) == []


def test_that_runs_in_a_row_and_in_a_heap_are_all_named() -> None:
    assert covering([(100 + 16 * place, 80) for place in range(6)]) == []
    assert covering([(100 + 8 * place, 80 + 5 * place) for place in range(5)]) == []


def test_that_a_tag_by_itself_stands_above_its_mark_without_a_line() -> None:
    ((box, far),) = tag_places([(150, 80)], [SIZE], PLOT, RADIUS)
    assert not far and box.top + box.height < 80 and box.left + box.width / 2 == 150


def test_that_marks_on_each_other_share_a_tag() -> None:
    assert shared([(10, 10), (50, 50), (12, 9), (50, 53)]) == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("room", "texts"),
    [
        (400, ("A  0001 base", "B  0004 signs-phone")),
        (15, ("A  0001 base", "B  0004")),
        (8, ("A  0001", "B  0004")),
        (3, ("A", "B")),
        (0, ("A", "B")),
    ],
)
def test_that_as_much_of_the_names_is_shown_as_fits(room: float, texts: tuple[str, str]) -> None:
    assert side_names(("0001 base", "0004 signs-phone"), ("", ""), room, len) == texts
