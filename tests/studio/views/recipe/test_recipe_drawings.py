"""Drawings on the cards of the Recipe page: asked when unfolded, read out, said in words where there is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.recipe import PlannedJob, Recipe, Step
from engine.contract.run.job import ClippingJob
from engine.contract.text.messages import Message
from studio.stores.previews.drawings import DrawingStore
from studio.stores.previews.previews import Preview, PreviewStore
from studio.stores.work import tasks
from studio.studio import Studio
from studio.theme import palette
from studio.views.recipe.drawings.drawing import Drawing
from studio.views.recipe.drawings.precision import PrecisionDrawing
from studio.views.recipe.drawings.registry import drawings
from studio.views.recipe.drawings.samples import SamplesDrawing
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from tests.studio.reading import cut, overlapping, untranslated
from tests.studio.stores.told_runs import write_run
from tests.studio.views.recipe.told_drawings import CHANNELS, KNOWN, PRECISION, Asked

STEPS = tuple(
    Step(technique=name)
    for name in ("auto_augment", "balanced_l1", "lr_schedule", "filter_prune", "distill", "quant_post")
)
JOBS = (PlannedJob(label="compress", steps=STEPS[:5], epochs=20), PlannedJob(label="quant_post", steps=STEPS[5:]))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    told = Asked()
    monkeypatch.setattr(DrawingStore, "ask", lambda *given: told.ask(*given))
    monkeypatch.setattr(DrawingStore, "forget", lambda *given: told.forget(*given))
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    return told


@pytest.fixture
def page(studio: Studio, window: MainWindow, project: Path, catalog: Catalog, asked: Asked) -> RecipePage:
    studio.catalog.catalog = catalog
    assert studio.project.open(project)
    window.show_page("recipe")
    made = window.pages["recipe"]
    assert isinstance(made, RecipePage)
    studio.recipe.replace(Recipe(name="mine", steps=STEPS))
    show(studio)
    return made


def show(studio: Studio) -> None:
    """The figures of the recipe are there."""
    studio.previews.latest = Preview(jobs=JOBS)
    studio.previews.changed.emit()


def unfold(page: RecipePage, technique: str) -> Drawing:
    card = next(card for card in page.stack.cards if card.technique == technique)
    card.set_expanded(True)
    made = card.drawing.drawing
    assert made is not None
    return made


def test_that_a_folded_card_asks_nothing_and_an_unfolded_one_once(
    page: RecipePage, studio: Studio, asked: Asked
) -> None:
    assert asked.requests == [] and all(card.drawing.drawing is None for card in page.stack.cards)
    drawn = unfold(page, "filter_prune")
    (request,) = asked.requests
    assert (request["drawing"], request["step"], len(request["recipe"]["steps"])) == ("channels", 3, len(STEPS))
    assert drawn.isVisible() and "8 of 104" in drawn.words.text()
    show(studio)
    assert len(asked.requests) == 1  # nothing changed
    page.stack.cards[3].set_expanded(False)
    assert asked.forgotten == 1 and not drawn.isVisible()


def test_that_a_card_that_goes_is_not_waited_for(page: RecipePage, studio: Studio, asked: Asked, qtbot: QtBot) -> None:
    asked.answers.pop("channels")
    unfold(page, "filter_prune")
    studio.recipe.remove(3)
    qtbot.waitUntil(lambda: asked.forgotten == 1)


def test_that_a_slider_is_followed_when_its_figures_are_there(page: RecipePage, studio: Studio, asked: Asked) -> None:
    unfold(page, "filter_prune")
    studio.recipe.set_param(3, "ratio", 0.6, merge=True)
    assert len(asked.requests) == 1
    show(studio)
    assert asked.requests[-1]["recipe"]["steps"][3]["params"] == {"ratio": 0.6}


def test_that_a_technique_without_a_drawing_says_only_when_it_is_seen(page: RecipePage, asked: Asked) -> None:
    card = page.stack.cards[4]
    card.set_expanded(True)
    assert card.drawing.drawing is None and asked.requests == []
    assert card.drawing.when.isVisible() and card.drawing.when.text() == "Seen after its training: 20 epochs."
    assert not page.stack.cards[5].drawing.isVisible()  # quant_post needs none, and is folded


def test_that_every_drawing_is_of_a_technique_that_there_is(catalog: Catalog) -> None:
    assert set(drawings()) == {
        "auto_augment", "grid_mask", "balanced_l1", "lr_schedule", "filter_prune", "quant_post", "quant_aware",
    }  # fmt: skip
    assert set(drawings()) <= {card.key for card in catalog.techniques}


def test_that_words_stand_where_nothing_can_be_drawn(page: RecipePage, studio: Studio, asked: Asked) -> None:
    asked.answers.pop("channels")
    drawn, panel = unfold(page, "filter_prune"), page.stack.cards[3].drawing
    assert not drawn.isVisible() and panel.words.text() == "Working out what this step does…"
    asked.answers["channels"] = Message(code="drawing.no_project")
    studio.recipe.set_param(3, "ratio", 0.6)
    show(studio)
    assert panel.words.isVisible() and "project" in panel.words.text()
    asked.answers["channels"] = {"layers": "none"}
    studio.recipe.set_param(3, "ratio", 0.7)
    show(studio)
    assert panel.words.isVisible() and not drawn.isVisible()
    asked.answers["channels"] = CHANNELS
    studio.recipe.set_param(3, "ratio", 0.8)
    show(studio)
    assert drawn.isVisible() and not panel.words.isVisible()


def test_that_a_bar_is_read_out_by_pointer_and_keys(page: RecipePage, qtbot: QtBot) -> None:
    drawn: Any = unfold(page, "filter_prune")
    chart = drawn.chart
    qtbot.waitUntil(lambda: chart.height() > 100)
    page.area.ensureWidgetVisible(chart)
    qtbot.wait(30)
    QTest.mouseMove(chart, QPoint(chart.width() // 6, 20))
    qtbot.waitUntil(lambda: "backbone.conv1.conv" in drawn.words.text())
    assert "8 of 16" in drawn.words.text() and drawn.accessibleDescription() == drawn.words.text()
    page.window().activateWindow()
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_End)
    assert "they are predictions" in drawn.words.text()
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert "backbone.conv2.conv" in drawn.words.text()
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert "8 of 104" in drawn.words.text()


def test_that_bars_have_the_colours_of_what_they_are(page: RecipePage, qtbot: QtBot) -> None:
    drawn: Any = unfold(page, "filter_prune")
    qtbot.waitUntil(lambda: drawn.chart.height() > 100)
    image = drawn.chart.grab().toImage()
    scale = image.width() / drawn.chart.width()
    wide = drawn.chart.width() / 3
    ground = 110

    def colour(x: float, y: float) -> str:
        return image.pixelColor(round(x * scale), round(y * scale)).name()

    assert colour(wide * 0.5, ground - 4) == palette().accent
    assert colour(wide * 0.5, ground - 20) == palette().accent_soft
    assert colour(wide * 2.5, ground - 4) == palette().border_strong
    assert colour(wide * 1.5, ground - 90) == palette().accent


def test_that_the_rate_is_told_at_the_pointer_in_the_right_training(page: RecipePage) -> None:
    drawn: Any = unfold(page, "lr_schedule")
    assert "Training 1 of 2." in drawn.words.text() and "0.01" in drawn.words.text()
    drawn.chart.pointed.emit(9.0)
    assert drawn.words.text() == "Training 1 of 2.  Step 10 of 20, epoch 1.0: 0.01"
    drawn.chart.pointed.emit(28.0)
    assert drawn.words.text().startswith("Training 2 of 2.  Step 9 of 10")
    page.window().activateWindow()
    drawn.chart.setFocus()
    QTest.keyClick(drawn.chart, Qt.Key.Key_Home)
    assert "Step 0 of 20" in drawn.words.text()


def test_that_the_loss_has_two_faces_and_asks_of_its_step_alone(page: RecipePage, asked: Asked) -> None:
    drawn: Any = unfold(page, "balanced_l1")
    assert [step["technique"] for step in asked.requests[0]["recipe"]["steps"]] == ["balanced_l1"]
    assert "0.54" in drawn.words.text() and "1.5" in drawn.words.text()
    drawn.chart.pointed.emit(0.1)
    assert "Balanced L1 0.2" in drawn.words.text()
    drawn.face._group.button(1).click()
    drawn.chart.pointed.emit(0.1)
    assert "Balanced L1 0.54" in drawn.words.text()


def test_that_int8_offers_what_is_measured_and_what_may_be(
    page: RecipePage, studio: Studio, project: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(tasks, "begin", lambda root: None)
    run = write_run(project)
    qtbot.waitUntil(lambda: studio.runs.by_name(run.name) is not None, timeout=10_000)
    studio.recipe.set_base(run.name)
    drawn = unfold(page, "quant_post")
    assert isinstance(drawn, PrecisionDrawing)
    assert "1 of 2" in drawn.words.text() and "75.0 %" in drawn.words.text()
    assert "16 pictures" in drawn.measured.text() and "ssd_head.boxes.conv moves the outputs" in drawn.words.text()
    fields: list[str] = []
    page.stack.cards[5].measure_asked.disconnect()
    page.stack.cards[5].measure_asked.connect(fields.append)
    drawn.measure.click()
    assert fields == ["keep_float"]
    drawn.face._group.button(1).click()
    assert "not measured yet" in drawn.measured.text()
    drawn.measure.click()
    (task,) = studio.tasks.tasks
    assert isinstance(task.job, ClippingJob) and (task.job.run, task.job.step) == (str(run), STEPS[5])
    assert not drawn.measure.isVisible() and drawn.measured.text().startswith("Measuring what is clipped")
    asked.answers["precision"] = {**PRECISION, "clips": {"pictures": 64, "at": 1e9}}
    monkeypatch.setattr(studio.tasks, "running", lambda: [])
    studio.tasks.finished.emit(task)
    drawn.chart.point(1)
    assert "64 pictures" in drawn.measured.text() and "top 25 %" in drawn.words.text()


def test_that_what_stays_float_by_itself_is_told_with_what_it_costs(page: RecipePage, asked: Asked) -> None:
    drawn = unfold(page, "quant_post")
    assert isinstance(drawn, PrecisionDrawing)
    assert "more than 2 %" in drawn.words.text() and "at most 0.12 MB" in drawn.words.text()
    drawn.show_answer(KNOWN, STEPS[5])
    assert "1 of them was found" in drawn.words.text()
    drawn.chart.point(0)
    assert "hurt most by int8" in drawn.words.text()


def test_that_without_a_trained_run_it_is_said_what_would_show_it(page: RecipePage, asked: Asked) -> None:
    asked.answers["precision"] = {"layers": PRECISION["layers"], "measurable": False}
    drawn = unfold(page, "quant_post")
    assert isinstance(drawn, PrecisionDrawing)
    assert not drawn.measure.isVisible() and "trained run" in drawn.measured.text()


def test_that_samples_are_rolled_epoch_by_epoch_then_of_the_next_picture(
    page: RecipePage, asked: Asked, project: Path
) -> None:
    drawn = unfold(page, "auto_augment")
    assert isinstance(drawn, SamplesDrawing)
    (first,) = asked.requests
    assert (first["what"], first["epoch"], first["count"], first["settings"]["epochs"]) == ("sample", 0, 4, 20)
    assert [step["technique"] for step in first["steps"]] == [step.technique for step in STEPS[:5]]
    box = {"class": first["detector"]["classes"][0], "score": 1.0, "box": [1.0, 2.0, 30.0, 40.0]}
    sample = {"epoch": 4, "file": first["picture"], "width": 64, "height": 48, "boxes": [box]}
    asked.answers["sample"] = {"samples": [sample]}
    drawn.again.click()
    assert (asked.requests[-1]["epoch"], asked.requests[-1]["picture"]) == (4, first["picture"])
    assert [tile.words for tile in drawn.tiles.tiles] == ["as it is", "epoch 5"]
    assert drawn.tiles.tip_at(drawn.tiles.areas()[1].center().toPoint()).startswith("1 box")
    for _ in range(4):
        drawn.again.click()
    assert asked.requests[-1]["epoch"] == 0 and asked.requests[-1]["picture"] != first["picture"]
    drawn.before.click()
    assert asked.requests[-1]["picture"] == first["picture"] and not drawn.before.isEnabled()


def readable(drawn: Drawing, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not cut(drawn), timeout=5000)
    assert overlapping(drawn) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_that_every_drawing_can_be_read(
    page: RecipePage, studio: Studio, asked: Asked, language: str, qtbot: QtBot
) -> None:
    page.window().resize(1280, 720)
    for technique in ("lr_schedule", "filter_prune", "balanced_l1", "quant_post"):
        drawn = unfold(page, technique)
        studio.settings.update(language=language, theme="dark")
        page.area.ensureWidgetVisible(drawn)
        qtbot.wait(50)
        assert drawn.isVisible() and drawn.accessibleName() and drawn.toolTip() and drawn.words.text()
        readable(drawn, qtbot)
        if language == "zh":
            assert untranslated(drawn) == []


def test_that_the_engine_answers_what_cards_ask(
    studio: Studio, window: MainWindow, project: Path, catalog: Catalog, qtbot: QtBot
) -> None:
    studio.catalog.catalog = catalog
    assert studio.project.open(project)
    window.show_page("recipe")
    page = window.pages["recipe"]
    assert isinstance(page, RecipePage)
    studio.recipe.replace(Recipe(name="mine", steps=(STEPS[0], STEPS[3])))
    pruned: Any = unfold(page, "filter_prune")
    rolled: Any = unfold(page, "auto_augment")
    qtbot.waitUntil(lambda: pruned.isVisible() and rolled.isVisible(), timeout=120_000)
    assert len(pruned.chart.bars) > 40 and "channels go" in pruned.words.text()
    assert [tile.words for tile in rolled.tiles.tiles] == ["as it is", "epoch 1", "epoch 2", "epoch 3", "epoch 4"]
    qtbot.waitUntil(lambda: rolled.tiles.settled, timeout=10_000)
