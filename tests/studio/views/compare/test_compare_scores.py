"""Scores of other pictures on the compare page: both and the reason, and a button that makes them comparable."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.views.compare.page import ComparePage
from tests.studio.stores.told_runs import figure, keep_figures, keep_scores


def test_that_scores_on_other_pictures_are_shown_without_a_difference_and_evaluated_alike(
    page: ComparePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not page.classes.both.isVisibleTo(page.classes)
    base, pruned = (page.studio.runs.by_name(name) for name in ("0001-train", "0002-pruned"))
    assert base is not None and pruned is not None
    for run, count, name in ((base, 60, "aa"), (pruned, 8, "bb")):
        keep_figures(run.root, "val", [figure("map", 70.0, "points", split="val", pictures=count, picture_set=name)])
        run.look()
    page.set_side("0002-pruned", "b")
    assert page._names == ("0001-train", "0002-pruned")
    change = page.model.rows[1].deltas["map_val"]
    assert change is not None and change.arrow == "≠" and change.text == ""
    assert page.classes.both.isVisibleTo(page.classes) and "≠" in page.classes.chance.text()
    cells = [item for column in (1, 2, 3) if (item := page.classes.figures.item(0, column)) is not None]
    assert [cell.text() for cell in cells] == ["70.0", "70.0", "≠"] and "60" in cells[2].toolTip()
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(page.studio.runs, "evaluate", lambda run, split: asked.append((run.name, split)))
    qtbot.mouseClick(page.classes.both, Qt.MouseButton.LeftButton)
    assert asked == [("0001-train", "val"), ("0002-pruned", "val")]
    for run in (base, pruned):
        keep_scores(run.root, 70.0)
        run.look()
    assert {("0001-train", "val"), ("0002-pruned", "val")} <= set(page._missing()), "theirs are not the same"
