"""The Recipe page: cards follow the store, changes can be undone, figures and problems stand where they belong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.figures import Figure
from engine.contract.recipe import PlannedJob, Recipe, Step
from engine.contract.text.messages import Message
from studio.bound_texts import translator
from studio.presenters.page_state import PageState
from studio.presenters.recipe.run_terms import default_base
from studio.stores.previews.previews import Preview, Problem
from studio.studio import Studio
from studio.views.recipe import page as recipe_page
from studio.views.recipe.library import RecipeMenu
from studio.views.recipe.page import RecipePage
from studio.widgets.schema.editors import SliderEditor
from tests.studio.stores.told_runs import write_run
from tests.studio.widgets.test_schema import real_catalog

STEPS = (Step(technique="lr_schedule"), Step(technique="filter_prune"), Step(technique="quant_aware"))


def figures(macs: float, size: float = 4e6) -> tuple[Figure, ...]:
    return (
        Figure(name="macs", value=macs, unit="MACs", source="computed"),
        Figure(name="params", value=macs / 10, unit="parameters", source="computed"),
        Figure(name="nb_bytes", value=size, unit="bytes", source="estimated", low=size * 0.9, high=size * 1.1),
    )


def show(studio: Studio, preview: Preview) -> None:
    studio.previews.latest = preview
    studio.previews.changed.emit()


def fill(studio: Studio, *steps: Step) -> None:
    studio.recipe.replace(Recipe(name="mine", steps=steps or STEPS))


def order(page: RecipePage) -> list[str]:
    return [card.technique for card in page.stack.cards]


def test_that_the_empty_page_offers_a_step_and_the_recipes_that_fit(page: RecipePage, studio: Studio) -> None:
    assert page.state is PageState.EMPTY
    assert page.start.isVisible() and not page.stack.isVisible()
    buttons = page.start.buttons
    assert buttons["ssdlite-phone"].isEnabled()
    assert not buttons["article-yolov3"].isEnabled() and "YOLOv3" in buttons["article-yolov3"].note.text()
    buttons["ssdlite-phone"].click()
    assert order(page) == ["lr_schedule", "filter_prune", "distill", "quant_post"]
    assert page.start.isHidden() and page.bar.name.text() == "ssdlite-phone"
    studio.recipe.undo.undo()
    assert page.start.isVisible() and order(page) == []


def test_that_a_step_from_the_gallery_goes_where_its_phase_belongs(page: RecipePage, studio: Studio) -> None:
    fill(studio, STEPS[0], STEPS[2])
    page.open_gallery()
    gallery = page._gallery
    assert gallery is not None and set(gallery.buttons) == {card.key for card in real_catalog().techniques}
    gallery.buttons["filter_prune"].click()
    assert order(page) == ["lr_schedule", "filter_prune", "quant_aware"]
    assert page.stack.cards[1].expanded


def test_that_a_technique_of_another_family_says_why(page: RecipePage, studio: Studio, catalog: Catalog) -> None:
    cards = [card.model_copy(update={"families": ("yolov3",)}) for card in catalog.techniques]
    studio.catalog.catalog = catalog.model_copy(update={"techniques": tuple(cards)})
    page.open_gallery()
    assert page._gallery is not None
    button = page._gallery.buttons["distill"]
    assert not button.isEnabled() and "yolov3" in button.note.text()
    page._gallery.reject()


def test_that_keys_move_switch_and_remove_a_card_and_undo_brings_it_back(
    page: RecipePage, studio: Studio, qtbot: QtBot
) -> None:
    fill(studio)
    card = page.stack.cards[1]
    page.window().activateWindow()
    card.setFocus()
    qtbot.waitUntil(card.hasFocus)
    QTest.keyClick(card, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert order(page) == ["lr_schedule", "quant_aware", "filter_prune"] and page.stack.cards[2] is card
    assert page.order.isVisible()
    page.order.button.click()
    assert order(page) == [step.technique for step in STEPS] and page.order.isHidden()
    QTest.keyClick(card, Qt.Key.Key_Space)
    assert not studio.recipe.recipe.steps[1].enabled and not card.switch.isChecked()
    QTest.keyClick(card, Qt.Key.Key_Delete)
    assert order(page) == ["lr_schedule", "quant_aware"]
    for _ in range(4):
        studio.recipe.undo.undo()
    assert studio.recipe.recipe.steps == STEPS and order(page) == [step.technique for step in STEPS]


def test_that_cards_are_picked_opened_and_moved_by_keys(page: RecipePage, studio: Studio, qtbot: QtBot) -> None:
    fill(studio)
    page.window().activateWindow()
    first, second = page.stack.cards[0], page.stack.cards[1]
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(first.hasFocus)
    assert first.property("picked") is not True
    QTest.keyClick(first, Qt.Key.Key_Return)
    assert first.property("picked") is True
    QTest.keyClick(first, Qt.Key.Key_Down)
    qtbot.waitUntil(second.hasFocus)
    assert second.property("picked") is True and first.property("picked") is False
    QTest.keyClick(second, Qt.Key.Key_Right)
    assert second.expanded
    QTest.keyClick(second, Qt.Key.Key_Left)
    assert not second.expanded
    QTest.keyClick(second, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert page.stack.cards[0] is second and order(page)[0] == "filter_prune"


def drag(page: RecipePage, index: int, below: int, drop: bool = True) -> None:
    """Take the card at `index` by its handle and pull it to just below another card's middle."""
    handle = page.stack.cards[index].handle
    target = page.stack.cards[below]
    goal = target.mapToGlobal(QPoint(20, target.height() // 2 + 4))
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    for place in (handle.mapToGlobal(QPoint(5, 25)), goal):
        handle.dragged.emit(place)
    if drop:
        QTest.mouseRelease(handle, Qt.MouseButton.LeftButton)


def test_that_a_card_is_dragged_to_another_place(page: RecipePage, studio: Studio, qtbot: QtBot) -> None:
    fill(studio)
    qtbot.wait(50)
    drag(page, 0, below=2)
    assert order(page) == ["filter_prune", "quant_aware", "lr_schedule"]
    qtbot.wait(50)
    drag(page, 2, below=0)
    assert order(page) == ["filter_prune", "lr_schedule", "quant_aware"]
    drag(page, 0, below=2, drop=False)
    assert page.stack._ghost is not None
    QTest.keyClick(page.stack, Qt.Key.Key_Escape)
    assert page.stack._ghost is None and order(page)[0] == "filter_prune"


def test_that_one_pull_of_a_slider_is_one_undo(page: RecipePage, studio: Studio) -> None:
    fill(studio)
    editor = page.stack.cards[1].form.rows["ratio"].editor
    assert isinstance(editor, SliderEditor)
    before = studio.recipe.undo.count()
    for start in (40, 60):
        editor.slider.setSliderDown(True)
        for step in range(5):
            editor.slider.setSliderPosition(start + step)
        editor.slider.setSliderDown(False)
    assert studio.recipe.recipe.steps[1].params == {"ratio": 0.64}
    assert studio.recipe.undo.count() == before + 2
    studio.recipe.undo.undo()
    assert studio.recipe.recipe.steps[1].params == {"ratio": 0.44} and editor.spin.text() == "44 %"
    page.stack.cards[1].form.rows["ratio"].reset.click()
    assert studio.recipe.recipe.steps[1].params == {}


def test_that_figures_go_to_the_cards_in_the_order_of_the_plan(page: RecipePage, studio: Studio) -> None:
    fill(studio, STEPS[2], STEPS[0], STEPS[1].model_copy(update={"enabled": True}))
    base, cut = figures(1e9), figures(4e8, 1e6)
    # The plan applies the last one of the stack before the first.
    show(studio, Preview(base=base, figures=cut, steps=(cut, base, cut)))
    texts = [chip.text() for chip in page.stack.cards[2].chips.chips.values() if not chip.isHidden()]
    assert [text.split("  ")[1] for text in texts] == ["▼ -60.0 %", "▼ -60.0 %", "▼ -75.0 %"]
    assert page.stack.cards[2].chips.chips["macs"].property("tone") == "good"
    for card in page.stack.cards[:2]:
        assert all(chip.isHidden() for chip in card.chips.chips.values()) and not card.chips.same.isHidden()
    score = page.stack.cards[2].chips.score
    assert "published" in score.text() and "YOLOv3" in score.toolTip()
    row = page.totals.rows["nb_bytes"]
    assert row.now.text().startswith("≈") and row.mark.source == "estimated" and "-75.0 %" in row.change.text()


def test_that_a_target_is_kept_and_judged(page: RecipePage, studio: Studio) -> None:
    fill(studio)
    show(studio, Preview(base=figures(1e9), figures=figures(4e8), steps=(figures(1e9), figures(4e8), figures(4e8))))
    row = page.totals.rows["macs"]
    assert row.spin is not None
    row.spin.setValue(0.3)
    assert studio.project.choices.targets == {"macs": 0.3}
    assert row.verdict.property("tone") == "bad" and "100 M" in row.verdict.text()
    row.spin.setValue(0.5)
    assert row.verdict.property("tone") == "good" and row.bar.target == 0.5e9
    row.spin.setValue(0)
    assert studio.project.choices.targets == {} and row.bar.target is None


def test_that_problems_stand_on_their_card_and_stop_the_button(page: RecipePage, studio: Studio) -> None:
    fill(studio)
    known = Message(code="distill.no_teacher")
    show(studio, Preview(base=figures(1e9), problems=(Problem(message=known, step=1), Problem(message=known))))
    first, second, _ = page.stack.cards
    assert first.problem.isHidden() and second.problem.text() == known.text() and second.problem.isVisible()
    assert page.problem.isVisible() and page.state.value == "problem"
    assert not page.bar.run.isEnabled() and page.bar.run.toolTip()
    show(studio, Preview(base=figures(1e9), figures=figures(1e9)))
    assert second.problem.isHidden() and page.problem.isHidden() and page.state.value == "ready"


def test_that_runs_to_come_and_the_command_are_shown_and_copied(page: RecipePage, studio: Studio) -> None:
    fill(studio)
    steps = [Step(technique=key) for key in ("filter_prune", "distill", "quant_post")]
    jobs = (PlannedJob(label="compress", steps=tuple(steps[:2]), epochs=40), PlannedJob(label="x", steps=(steps[2],)))
    show(studio, Preview(base=figures(1e9), figures=figures(1e9), jobs=jobs, command="espalier compress . mine"))
    shown = [label.text() for label in page.totals.jobs.findChildren(type(page.totals.command))]
    assert "Filter pruning + Distillation" in shown and "no training" in shown
    page.totals.copy.click()
    assert QApplication.clipboard().text() == "espalier compress . mine"


def test_that_the_run_button_says_why_not_without_a_trained_run(page: RecipePage, studio: Studio) -> None:
    assert "step" in page.bar.run.toolTip() and not page.bar.run.isEnabled()
    fill(studio)
    assert "Train" in page.bar.run.toolTip() and not page.bar.run.isEnabled()


def test_that_a_base_that_began_with_a_file_of_weights_is_the_default(
    studio: Studio, project: Path, qtbot: QtBot
) -> None:
    base = write_run(project, "base", Path("weights.safetensors"))
    write_run(project, "small", write_run(project, "other", base))
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: len(studio.runs.runs) == 3 and all(run.job for run in studio.runs.runs), timeout=20_000)
    assert default_base(studio.runs.runs[::-1]).name == base.name
    studio.close()


def test_that_the_default_start_settles_when_all_runs_are_read_and_a_choice_stays(
    page: RecipePage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    later, first = (SimpleNamespace(name=name, figure=lambda *_, **__: None) for name in ("0002-small", "0001-base"))
    found = [later]
    monkeypatch.setattr(recipe_page, "base_runs", lambda _: list(found))
    monkeypatch.setattr(recipe_page, "default_base", lambda runs: runs[-1])
    page._show_runs()
    assert studio.recipe.base_run == "0002-small"
    found.append(first)
    page._show_runs()
    assert studio.recipe.base_run == "0001-base"
    studio.recipe.set_base("0002-small")
    page._show_runs()
    assert studio.recipe.base_run == "0002-small"


def test_that_everything_follows_the_language_and_the_level(page: RecipePage, studio: Studio, qtbot: QtBot) -> None:
    fill(studio)
    card = page.stack.cards[1]
    card.set_expanded(True)
    assert card.title.text() == "Filter pruning" and card.form.rows["floor"].isHidden()
    assert not card.form.rows["ratios"].isHidden()  # it can be measured, and that is for everybody
    studio.settings.update(expert=True)
    assert not card.form.rows["floor"].isHidden()
    translator.set_language("zh")
    assert card.title.text() == "滤波器剪裁" and card.phase.text() == "剪裁"
    assert page.bar.run.text() == "运行配方" and page.totals.rows["macs"].spin is not None
    assert page.totals.rows["macs"].spin.specialValueText() == "无目标"


def test_that_the_library_lists_saved_recipes_and_a_name_can_be_given(page: RecipePage, studio: Studio) -> None:
    fill(studio)
    page.bar.name.setText("small one")
    page.bar.name.editingFinished.emit()
    assert studio.recipe.recipe.name == "small one"
    page.bar.save.click()
    menu = page.bar.library.menu()
    assert isinstance(menu, RecipeMenu)
    menu.fill()
    actions = {action.text().strip(): action for action in menu.actions()}
    assert "small one" in actions and not actions["yolo-phone"].isEnabled() and actions["yolo-phone"].toolTip()
    actions["New recipe"].trigger()
    assert studio.recipe.recipe.steps == ()
    actions["small one"].trigger()
    assert order(page) == [step.technique for step in STEPS]
