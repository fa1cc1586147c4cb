"""The path on the Recipe page: its numbers do not cover each other, however small it is."""

from __future__ import annotations

import itertools

import pytest
from pytestqt.qtbot import QtBot

from studio.presenters.recipe.consequences import PathPoint
from studio.views.recipe.consequences.path_plot import PathPlot


def point(cost: float, score: float, step: int | None = None, run: str | None = None) -> PathPoint:
    return PathPoint("a label", cost, score, None, None, filled=run is not None, step=step, run=run)


PATH = (point(2.0, 60.0), point(2.0, 60.1, 0), point(1.4, 52.0, 1), point(1.39, 51.8, 2), point(1.2, 51.0, 3))
RUNS = (point(2.0, 60.2, run="0002-again"), point(1.39, 58.0, run="0003-x"), point(1.4, 58.3, run="0004-y"))


@pytest.mark.parametrize("size", [(600, 300), (300, 160)])
def test_that_no_tag_covers_another_at_any_size(size: tuple[int, int], qtbot: QtBot) -> None:
    plot = PathPlot()
    qtbot.addWidget(plot)
    plot.resize(700, 400)
    plot.show()
    plot.show_points(PATH, RUNS, "ms", 1.0, None)
    plot.resize(*size)
    qtbot.wait(50)
    boxes = [box for box, _ in plot.tags.boxes]
    assert len(boxes) >= 4
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])]
    plot.show_points((), (), "ms", 1.0, None)
    assert plot.tags.boxes == []
