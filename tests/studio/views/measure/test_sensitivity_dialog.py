"""Measuring from a field of a step: what is kept beside a run is shown, proposed from, used, and undone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.recipe import Recipe
from engine.contract.run.events import CancelledEvent
from engine.contract.run.job import Int8ErrorsJob, SensitivityJob
from engine.contract.text.messages import Message
from studio.stores.previews.previews import PreviewStore
from studio.stores.work import tasks
from studio.stores.work.sensitivity import Proposal
from studio.studio import Studio
from studio.theme import theme
from studio.views.measure.dialog import MeasureDialog
from studio.views.measure.int8 import Int8Dialog
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from tests.studio.reading import cut, overlapping, untranslated
from tests.studio.stores.told_runs import line
from tests.studio.views.measure.measured import (
    ERRORS,
    HELLO,
    STEPS,
    VAL,
    keep_errors,
    keep_losses,
    open_channels,
    open_int8,
    shown,
)


def test_that_a_field_without_a_run_to_measure_says_why(
    studio: Studio, window: MainWindow, project: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    studio.catalog.catalog = catalog
    assert studio.project.open(project)
    studio.recipe.replace(Recipe(name="mine", steps=STEPS))
    window.show_page("recipe")
    page = window.pages["recipe"]
    assert isinstance(page, RecipePage)
    rows = {**page.stack.cards[0].form.rows, "keep_float": page.stack.cards[1].form.rows["keep_float"]}
    for name in ("ratios", "keep_float"):
        assert not rows[name].isHidden() and not rows[name].measure.isHidden()
        assert not rows[name].measure.isEnabled() and "train" in rows[name].measure.toolTip()
    assert rows["ratio"].measure.isHidden()


def test_that_losses_are_shown_and_another_target_proposes_again(
    page: RecipePage, run: Path, studio: Studio, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_losses(run)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    assert dialog.run == run.name and dialog.pictures.value() == VAL
    assert shown(dialog) == [
        ["backbone.conv2.conv", "16", "-3.0", "-9.0", "-"],
        ["backbone.conv10.conv", "16", "(-0.5)", "-2.0", "50 %"],
    ]
    assert asked[-1][1:] == [run.name, "--criterion", "obs", "--pictures", str(VAL), "--macs", "0.4"]
    dialog.limit.setValue(55)
    assert not dialog.use.isEnabled() and dialog.use.toolTip()
    qtbot.waitUntil(dialog.use.isEnabled)
    assert asked[-1][-2:] == ["--macs", "0.55"] and "55 %" in dialog.summary.text()
    assert "3 groups are not measured yet" in dialog.summary.text()
    assert "1 of 1 cut lies within noise" in dialog.summary.text()
    dialog.target.setCurrentIndex(3)
    qtbot.waitUntil(lambda: asked[-1][-2:] == ["--points", "3"])
    dialog.target.setCurrentIndex(0)
    assert dialog.limit.value() == 55 and studio.tasks.tasks == []
    dialog.reject()


def test_that_use_is_one_change_that_undo_takes_back(
    page: RecipePage, run: Path, studio: Studio, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_losses(run)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    count = studio.recipe.undo.count()
    dialog.use.click()
    params = {"criterion": "obs", "ratio": 0, "ratios": {"backbone.conv10.conv": 0.5}}
    assert studio.recipe.recipe.steps[0].params == params and studio.recipe.undo.count() == count + 1
    studio.recipe.undo.undo()
    assert studio.recipe.recipe.steps == STEPS


def test_that_a_curve_and_its_row_go_together(
    page: RecipePage, run: Path, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_losses(run)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(lambda: bool(dialog.table.names))
    dialog.by_losses.view.choose("backbone.conv2.conv")
    assert dialog.by_losses.plot.shown == dialog.by_losses.group.text() == "backbone.conv2.conv"
    qtbot.wait(100)
    spot = dialog.by_losses.plot.plot.getPlotItem().vb.mapViewToScene(QPointF(50, -2.0))
    assert dialog.by_losses.plot.group_at(spot) == "backbone.conv10.conv"
    dialog.by_losses.plot.picked.emit("backbone.conv10.conv")
    assert dialog.by_losses.view.currentIndex().data() == "backbone.conv10.conv"
    assert dialog.by_losses.plot.chosen == "backbone.conv10.conv"
    dialog.table.sort(3, Qt.SortOrder.AscendingOrder)
    assert dialog.table.names[0] == "backbone.conv2.conv" and dialog.by_losses.view.currentIndex().row() == 1
    dialog.reject()


@pytest.mark.parametrize("code", ["sensitivity.out_of_reach", "sensitivity.out_of_reach_of_some"])
def test_that_a_refusal_is_told_in_the_dialog(
    code: str, page: RecipePage, run: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    refusal = Message(code=code, args={"asked": "--macs 0.1", "macs": "30.0", "size": "20.0"})
    monkeypatch.setattr(Proposal, "_ask", lambda self: self._receive(refusal))
    keep_losses(run)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "larger" in dialog.problem.text.text() and "--" not in dialog.problem.text.text()
    assert not dialog.use.isEnabled() and dialog.use.toolTip()
    dialog.reject()


def test_that_start_shares_the_groups_between_the_cores(
    page: RecipePage, run: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch, asked: list[list[str]], qtbot: QtBot
) -> None:
    monkeypatch.setattr(tasks, "begin", lambda root: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    dialog = open_channels(page, qtbot)
    assert dialog.body.currentWidget() is dialog.none and not dialog.use.isEnabled()
    dialog.measure.click()
    roots = [task.root for task in studio.tasks.tasks]
    qtbot.waitUntil(lambda: all((root / "job.json").is_file() for root in roots))
    jobs = [SensitivityJob(**json.loads((root / "job.json").read_text())) for root in roots]
    assert [(job.part, job.parts, job.threads) for job in jobs] == [(0, 2, 1), (1, 2, 1)]
    assert {(job.run, job.criterion, job.pictures, job.split) for job in jobs} == {(str(run), "obs", VAL, "val")}
    assert dialog.stop.isVisible() and not dialog.measure.isVisible() and not dialog.runs.isEnabled()
    keep_losses(run)  # as the jobs would have; the dialog looks when they are further
    for root in roots:
        (root / "events.jsonl").write_text(line(0, HELLO) + line(1, CancelledEvent()))
    qtbot.waitUntil(lambda: dialog.measure.isVisible() and bool(dialog.table.names), timeout=10_000)
    assert [task.status for task in studio.tasks.tasks] == ["cancelled", "cancelled"]
    assert dialog.measurement.cancelled and not dialog.problem.isVisible()
    dialog.reject()


def test_that_a_limit_ticks_and_a_hand_may_tick_too(page: RecipePage, run: Path, studio: Studio, qtbot: QtBot) -> None:
    dialog = open_int8(page, qtbot)
    keep_errors(run, dialog.pictures.value())
    dialog.load()
    qtbot.waitUntil(lambda: bool(dialog.table.names))
    assert [row[0] for row in shown(dialog)] == list(ERRORS) and shown(dialog)[0][3] == "20.00 %"
    assert dialog.table.ticked == {"head.dw", "backbone.conv2.conv"}
    dialog.limit.setValue(5)
    assert dialog.table.ticked == {"head.dw"}
    dialog.view.choose("backbone.conv10.conv")
    QTest.keyClick(dialog.view, Qt.Key.Key_Space)
    assert dialog.table.ticked == {"head.dw", "backbone.conv10.conv"}
    dialog.use.click()
    kept = ["head.dw", "backbone.conv10.conv"]
    assert studio.recipe.recipe.steps[1].params == {"keep_float": kept}
    qtbot.waitUntil(lambda: not page.findChildren(Int8Dialog))
    again = open_int8(page, qtbot)
    qtbot.waitUntil(lambda: again.table.ticked == set(kept))
    again.reject()
    studio.recipe.undo.undo()
    assert studio.recipe.recipe.steps == STEPS


def test_that_int8_is_one_job(
    page: RecipePage, run: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(tasks, "begin", lambda root: None)
    dialog = open_int8(page, qtbot)
    dialog.measure.click()
    (task,) = studio.tasks.tasks
    qtbot.waitUntil((task.root / "job.json").is_file)
    job = Int8ErrorsJob(**json.loads((task.root / "job.json").read_text()))
    assert (job.run, job.pictures) == (str(run), dialog.pictures.value())
    dialog.reject()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize("kind", ["channels", "int8"])
def test_that_a_dialog_can_be_read(
    page: RecipePage, run: Path, asked: list[list[str]], language: str, measured: bool, kind: str, qtbot: QtBot
) -> None:
    if measured:
        keep_losses(run)
        index = page.studio.project.index
        assert index is not None
        keep_errors(run, index.picture_count("train"))
    dialog: MeasureDialog = open_channels(page, qtbot) if kind == "channels" else open_int8(page, qtbot)
    page.studio.settings.update(language=language, theme="dark")
    if measured:
        qtbot.waitUntil(dialog.use.isEnabled)
    qtbot.wait(150)
    assert dialog.body.currentIndex() == measured and theme.dark
    qtbot.waitUntil(lambda: not cut(dialog), timeout=5000)
    assert overlapping(dialog) == []
    if language == "zh":
        assert untranslated(dialog) == []
    dialog.reject()
