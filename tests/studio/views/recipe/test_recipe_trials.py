"""Before anything is trained picture and mAP follow sliders, switches and cards, by the engine that really tries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.previews.trial import StepFate
from engine.contract.recipe import Recipe, Step
from engine.contract.text.resources import ROOT
from studio.presenters.recipe.consequences import COSTS
from studio.stores.previews.previews import Preview, PreviewStore
from studio.stores.previews.trials import Trial
from studio.studio import Studio
from studio.views.recipe.consequences.panel import STEPS, Consequences
from studio.views.recipe.page import RecipePage
from studio.views.recipe.step_card import StepCard
from studio.views.shell.main_window import MainWindow
from studio.widgets.schema.editors import SliderEditor
from tests.studio.conftest import shown_window
from tests.studio.stores.previews.told_trials import score
from tests.studio.stores.told_runs import figure, keep_figures, write_run

PATIENCE_MS = 100_000
HALF = Step(technique="filter_prune", params={"ratio": 0.5, "criterion": "obs", "pictures": 8})
"""Of all measures the one that leaves most of what the small detector finds."""
INT8 = Step(technique="quant_post", params={"pictures": 8})

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on the built-in sample, with a run that finds signs; made where Paddle may be loaded."""
    root = tmp_path_factory.mktemp("tried") / "signs"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-m", "tests.fakes.sample_runs", str(root)]
    subprocess.run(call, check=True, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    return root


def opened(window: MainWindow, catalog: Catalog, project: Path, *steps: Step) -> RecipePage:
    """The Recipe page of a project, with a recipe."""
    studio = window.studio
    studio.catalog.catalog = catalog
    assert studio.project.open(project)
    window.show_page("recipe")
    page = window.pages["recipe"]
    assert isinstance(page, RecipePage)
    if steps:
        studio.recipe.replace(Recipe(name="mine", steps=steps))
    return page


def panel(page: RecipePage) -> Consequences:
    return page.body.pane.panel


def wait_for(seen: Callable[[], object], qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(seen()), timeout=PATIENCE_MS)


def slide(editor: SliderEditor, share: float) -> None:
    """Pull the handle with the mouse to a share of the groove, in steps, and let go."""
    slider, option = editor.slider, QStyleOptionSlider()
    slider.initStyleOption(option)
    style = slider.style()
    parts = (QStyle.SubControl.SC_SliderHandle, QStyle.SubControl.SC_SliderGroove)
    handle, groove = (style.subControlRect(QStyle.ComplexControl.CC_Slider, option, part, slider) for part in parts)
    begin, end = handle.center(), QPoint(groove.left() + round(share * groove.width()), handle.center().y())
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(slider, left, pos=begin)
    assert slider.isSliderDown()
    for part in (0.3, 0.6, 1.0):
        QTest.mouseMove(slider, begin + (end - begin) * part)
        QTest.qWait(10)
    QTest.mouseRelease(slider, left, pos=end)


def ratio_of(card: StepCard) -> SliderEditor:
    card.set_expanded(True)
    editor = card.form.rows["ratio"].editor
    assert isinstance(editor, SliderEditor)
    return editor


def look_up_to(card: StepCard, page: RecipePage, window: MainWindow, qtbot: QtBot) -> None:
    """Click the first card, so that it acts alone, and then take the whole recipe again."""
    told, trials = panel(page), window.studio.trials
    page.area.ensureWidgetVisible(card)
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(card.width() // 2, 6))
    assert card.property("picked")
    qtbot.waitUntil(lambda: told.upto.isVisible() and "1" in told.upto.text())
    wait_for(lambda: page.settled and trials.trial.score is not None, qtbot)
    assert (trials.upto, [fate.step for fate in trials.trial.fates]) == (0, [0])
    QTest.mouseClick(told.whole, Qt.MouseButton.LeftButton)
    assert not card.property("picked")
    qtbot.waitUntil(lambda: not told.upto.isVisible())
    wait_for(lambda: page.settled and trials.trial.score is not None, qtbot)


def test_that_picture_and_score_follow_a_slider_a_switch_and_a_card(
    window: MainWindow, catalog: Catalog, sample: Path, qtbot: QtBot
) -> None:
    page = opened(window, catalog, sample, HALF, INT8)
    told, trials = panel(page), window.studio.trials
    assert not page.settled
    wait_for(lambda: trials.trial.score is not None and page.settled, qtbot)
    half, base = told.score.text(), trials.trial.boxes["base"]
    assert "4" in half and base and told.picture.view.counts()[0] > 0
    # Each step on the way was tried too, and the chart has them.
    assert [trials.after_step(place) is not None for place in (0, 1)] == [True, True]
    told.cost.setCurrentIndex(COSTS.index("macs"))
    qtbot.waitUntil(lambda: [point.step for point in told.path.path] == [0, 1], timeout=5_000)

    editor = ratio_of(page.stack.cards[0])
    page.area.ensureWidgetVisible(editor)
    qtbot.wait(30)
    slide(editor, 0.4)
    assert 0.1 < window.studio.recipe.recipe.steps[0].params["ratio"] < 0.45
    qtbot.waitUntil(lambda: trials.busy, timeout=5_000)
    wait_for(lambda: page.settled, qtbot)
    little = trials.trial
    assert told.score.text() != half and little.boxes["base"] == base and little.score is not None
    assert told.picture.view.counts()[1] > 0

    card = page.stack.cards[0]
    page.area.ensureWidgetVisible(card.switch)
    QTest.mouseClick(card.switch, Qt.MouseButton.LeftButton)
    assert not window.studio.recipe.recipe.steps[0].enabled
    wait_for(lambda: trials.busy, qtbot)
    wait_for(lambda: page.settled, qtbot)
    assert [fate.step for fate in trials.trial.fates] == [1]
    assert trials.trial.boxes["tried"] != little.boxes["tried"]
    window.studio.recipe.undo.undo()
    wait_for(lambda: page.settled and trials.trial.score is not None, qtbot)
    assert trials.trial == little  # what is known comes back

    look_up_to(card, page, window, qtbot)
    assert trials.trial == little and trials.upto is None


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No previews and no trials: what is known comes from runs."""
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    monkeypatch.setattr("studio.stores.previews.trials.TrialsStore.watch", lambda self, on: None)


@pytest.fixture
def again(window: MainWindow, qtbot: QtBot, home: Path) -> Iterator[MainWindow]:
    """Another window with stores of its own, as after a restart."""
    made = Studio()
    yield from shown_window(MainWindow(made), qtbot)
    made.deleteLater()


@pytest.mark.usefixtures("unasked")
def test_that_what_was_measured_stands_on_the_cards_after_a_restart_until_a_parameter_changes(
    window: MainWindow, again: MainWindow, catalog: Catalog, project: Path, qtbot: QtBot
) -> None:
    page = opened(window, catalog, project, HALF, INT8)
    window.studio.project.close()
    base = write_run(project, "base", score=60.0)
    pruned = write_run(project, "compress", base, score=51.0, steps=(HALF,))
    write_run(project, "int8", pruned, score=50.5, steps=(INT8,))
    keep_figures(pruned, "host", [figure("host_ms_network", 4.25, "ms")])
    page = opened(again, catalog, project)
    again.studio.recipe.set_base(base.name)
    chips = [card.chips.measured for card in page.stack.cards]
    wait_for(lambda: len(again.studio.runs.runs) == 3 and all(not chip.isHidden() for chip in chips), qtbot)
    assert "51.0" in chips[0].text() and "50.5" in chips[1].text()
    assert "0002 compress" in chips[0].toolTip() and "4.25" in chips[0].toolTip()
    assert {chip.property("tone") for chip in chips} == {"accent"}
    again.studio.recipe.set_param(0, "ratio", 0.6)
    assert {chip.property("tone") for chip in chips} == {"quiet"}
    assert "earlier version" in chips[0].text() and "0002 compress" in chips[0].toolTip()
    again.studio.recipe.undo.undo()
    assert {chip.property("tone") for chip in chips} == {"accent"} and "earlier" not in chips[0].text()
    again.studio.recipe.set_enabled(0, False)
    assert all(card.chips.measured.isHidden() for card in page.stack.cards)


@pytest.mark.usefixtures("unasked")
def test_that_a_card_that_goes_or_is_switched_off_is_not_what_acts_last(
    window: MainWindow, catalog: Catalog, project: Path
) -> None:
    page = opened(window, catalog, project, HALF, INT8)
    pane, recipe = page.body.pane, window.studio.recipe
    pane.pick(1)
    recipe.set_enabled(1, False)
    assert pane.upto is None and window.studio.trials.upto is None
    pane.pick(1)
    assert pane.upto is None  # a step that is off is none
    recipe.set_enabled(1, True)
    pane.pick(1)
    recipe.remove(1)
    assert pane.upto is None and not page.stack.cards[0].property("picked")
    pane.pick(0)
    pane.pick(0)
    assert pane.upto is None


@pytest.mark.usefixtures("unasked")
def test_that_what_a_step_costs_is_told_on_the_pictures_of_all_steps_and_the_recipe_s_on_all(
    window: MainWindow, catalog: Catalog, project: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, studio = opened(window, catalog, project, HALF, INT8), window.studio
    told = [score(value, 64, 150).score for value in (40.0, 38.0)]
    monkeypatch.setattr(studio.trials, "after_step", lambda place: told[place])
    fates = (StepFate(step=0, acts="now"), StepFate(step=1, acts="now"))
    studio.trials.trial = Trial(fates=fates, score=score(36.0, 150, 150).score)
    costs = [(figure("macs", value, "MACs", "computed"),) for value in (100e6, 40e6, 40e6)]
    studio.previews.latest = Preview(base=costs[0], steps=(costs[1], costs[2]))
    panel(page).cost.setCurrentIndex(COSTS.index("macs"))
    studio.trials.changed.emit()
    qtbot.waitUntil(lambda: [point.score for point in panel(page).path.path] == [40.0, 36.0])
    panel(page).face.set_current(STEPS)
    studio.trials.changed.emit()
    qtbot.waitUntil(lambda: [change.score for change in panel(page).steps.changes] == [-20.0, -2.0])
