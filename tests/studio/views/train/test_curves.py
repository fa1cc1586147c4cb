"""Curves: where they begin, what stands where there are none, several runs over each other, files of what is seen."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.contract.run.events import CancelledEvent, Event, Finished, Hello, Metric
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import RunLock
from engine.contract.run.settings import TrainSettings
from studio.views.train.curves_card import CurvesCard
from studio.views.train.page import TrainPage
from tests.studio.views.train.conftest import PATIENCE_MS, Shown, add_events, curve_run, stage, told_run

HELLO = Hello(pid=1, versions={}, device="CPU")


def body(page: TrainPage) -> CurvesCard:
    assert page.body is not None
    return page.body


def begins(page: TrainPage) -> list[float]:
    """The first step that each panel sees."""
    assert page.curves is not None
    return [panel.plot.viewRange()[0][0] for panel in page.curves.panels]


def test_that_after_a_run_was_removed_the_curves_of_the_next_begin_at_their_first_step(
    shown: Shown, project: Path, qtbot: QtBot
) -> None:
    """Its mAP begins with the first evaluation, at step 18, and took the other panels with it."""
    curve_run(project, "first", first=18, epochs=3)
    curve_run(project, "second", first=18, epochs=3)
    page = shown(project)
    page.show_form()
    qtbot.wait(50)
    page.show_run(page.studio.runs.runs[1])
    page.header.trash.click()
    qtbot.waitUntil(lambda: page.header.name.full == "0001  first", timeout=PATIENCE_MS)
    qtbot.wait(150)
    assert max(begins(page)) <= 1


def test_that_the_steps_that_are_seen_are_the_same_in_all_panels_and_can_be_reset(shown: Shown, project: Path) -> None:
    curve_run(project, "first", first=18, epochs=3)
    page = shown(project)
    curves = page.curves
    assert curves is not None and not curves.whole.isVisibleTo(page)
    view = curves.score.plot.getPlotItem().vb
    view.setXRange(20, 40, padding=0)
    view.sigRangeChangedManually.emit([True, False])  # what the wheel tells
    assert [round(first) for first in begins(page)] == [20, 20, 20]
    assert curves.whole.isVisibleTo(page)
    curves.whole.click()
    assert max(begins(page)) <= 1 and not curves.whole.isVisibleTo(page)


@pytest.mark.parametrize(
    ("events", "words"),
    [((HELLO, stage(), Finished()), "trained for no steps"), ((HELLO, CancelledEvent()), "before its first step")],
)
def test_that_a_run_without_curves_says_why(shown: Shown, project: Path, events: tuple[Event, ...], words: str) -> None:
    told_run(project, "short", events, TrainSettings(epochs=0))
    page = shown(project)
    assert words in body(page).curves.none.text()


def test_that_a_run_that_starts_is_not_said_to_have_trained_for_no_steps(
    shown: Shown, project: Path, qtbot: QtBot
) -> None:
    root = told_run(project, "new", (), TrainSettings(epochs=4))
    page = shown(project)
    none = body(page).curves.none
    assert none.isVisibleTo(page) and "first step" in none.text() and "no steps" not in none.text()
    lock = RunLock.take(RunFolder(root).lock)
    add_events(root, [HELLO, stage()])
    qtbot.waitUntil(lambda: page.studio.runs.runs[0].status == "running", timeout=PATIENCE_MS)
    assert "Curves appear" in none.text()
    add_events(root, [Finished()])
    lock.close()
    qtbot.waitUntil(lambda: "no steps" in none.text(), timeout=PATIENCE_MS)


def test_that_several_runs_lie_over_each_other_each_in_its_colour(shown: Shown, project: Path, qtbot: QtBot) -> None:
    curve_run(project, "base", first=10, epochs=3)
    curve_run(project, "small", first=10, epochs=6)
    page = shown(project)
    card = body(page)
    card.over.list.aboutToShow.emit()
    card.over.list.actions()[0].trigger()
    names = ["0002-small", "0001-base"]
    assert [list(panel.lines) for panel in card.curves.panels] == [names] * 3
    colours = {line.colour.name() for line in card.curves.loss.lines.values()}
    assert len(colours) == 2 and card.legend.isVisibleTo(page)
    card.legend.buttons["0001-base"].click()
    assert not any(panel.lines["0001-base"].main.isVisible() for panel in card.curves.panels)
    assert [run.run for run in card.curves.shown()] == ["0002-small"]
    small = card.curves.loss.lines["0002-small"].colour
    page.show_run(page.studio.runs.runs[0])
    assert list(card.curves.loss.lines) == ["loss"] and not card.legend.isVisibleTo(page)
    card.over.take("0002-small", True)
    assert {line.colour.name() for line in card.curves.loss.lines.values()} == colours and small.isValid()
    card.over.clear()
    assert list(card.curves.score.lines) == ["map"]


def test_that_steps_are_read_out_that_only_a_longer_run_has(shown: Shown, project: Path) -> None:
    curve_run(project, "long", first=10, epochs=6)
    curve_run(project, "short", first=10, epochs=2)
    card = body(shown(project))
    card.over.take("0001-long", True)
    card.curves.loss.hovered.emit(45.2)
    assert card.curves._step.full.startswith("Step 45")
    assert "0.2" in card.curves.loss.lines["0001-long"].button.text()


def test_that_a_run_below_goes_on_growing_and_goes_with_its_folder(shown: Shown, project: Path, qtbot: QtBot) -> None:
    live = curve_run(project, "live", first=10, epochs=2, end=None)
    curve_run(project, "other", first=10, epochs=2)
    page = shown(project)
    card = body(page)
    card.over.take("0001-live", True)
    add_events(live, [Metric(name="loss", step=21, value=0.5)])
    line = card.curves.loss.lines["0001-live"]
    qtbot.waitUntil(lambda: len(line.series) == 21, timeout=PATIENCE_MS)
    page.studio.runs.trash(page.studio.runs.runs[0])
    qtbot.waitUntil(lambda: set(card.curves.loss.lines) == {"loss"}, timeout=PATIENCE_MS)


def test_that_what_is_seen_is_saved_as_numbers_a_picture_and_a_drawing(
    shown: Shown, project: Path, tmp_path: Path
) -> None:
    curve_run(project, "base", first=10, epochs=2)
    curve_run(project, "small", first=10, epochs=3)
    card = body(shown(project))
    card.over.take("0001-base", True)
    card.curves.rate.lines["0001-base"].button.click()
    for kind in ("csv", "png", "svg"):
        card.export.write(tmp_path / f"curves.{kind}", kind)
        assert card.written.isVisibleTo(card) and not card.problem.isVisibleTo(card)
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text().splitlines()))
    assert len(rows) == 50 and {row["run"] for row in rows} == {"0001-base", "0002-small"}
    hidden = [row for row in rows if row["run"] == "0001-base" and row["learning_rate"]]
    assert hidden == [] and float(rows[0]["loss"]) == 9.0
    picture = QImage(str(tmp_path / "curves.png"))
    assert picture.width() > 400 and picture.height() > 300
    drawing = ElementTree.parse(tmp_path / "curves.svg")
    words = "".join(drawing.getroot().itertext())
    assert "0001  base" in words and "0002  small" in words


def test_that_a_file_is_asked_for_where_the_last_one_went(shown: Shown, project: Path, tmp_path: Path) -> None:
    curve_run(project, "base", first=10, epochs=2)
    card = body(shown(project))
    (tmp_path / "charts").mkdir()
    card.export.write(tmp_path / "charts" / "one.csv", "csv")
    card.export.entries["png"].trigger()
    dialog = next(child for child in card.findChildren(QFileDialog))
    assert Path(dialog.directory().absolutePath()) == tmp_path / "charts"
    dialog.reject()


def test_that_a_file_that_cannot_be_written_is_told(shown: Shown, project: Path, tmp_path: Path) -> None:
    curve_run(project, "base", first=10, epochs=2)
    card = body(shown(project))
    for kind in ("csv", "png", "svg"):
        card.problem.clear()
        card.export.write(tmp_path / "gone" / f"x.{kind}", kind)
        assert card.problem.isVisibleTo(card) and not card.written.isVisibleTo(card)


def test_that_an_axis_without_a_curve_names_no_values_of_the_run_before(shown: Shown, project: Path) -> None:
    curve_run(project, "first", first=18, epochs=3)
    page = shown(project)
    assert page.curves is not None and page.curves.score.lines
    score = page.curves.score
    assert score.plot.getAxis("left").style["showValues"]
    score.clear()
    assert not score.plot.getAxis("left").style["showValues"]
