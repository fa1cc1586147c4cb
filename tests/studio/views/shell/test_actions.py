"""Every action of the window stands in one registry, every page in one list; menus, keys and rail read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from engine.contract.text.messages import sentences
from studio.i18n import tr
from studio.presenters.page_state import PageState
from studio.studio import Studio
from studio.theme import ICONS
from studio.views.shell.actions import Action, ActionRegistry, Menu, UnknownAction
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES, PageEntry
from tests.studio.conftest import shown_window

TOY = PageEntry("toy", "studio.core.trash_empty", "star", "tests.studio.views.shell.toy_page:ToyPage")
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def larger(studio: Studio, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with one page more."""
    yield from shown_window(MainWindow(studio, {**PAGES, "toy": TOY}), qtbot)


def actions(window: MainWindow) -> list[Action]:
    return [entry for entry in window.registry.entries if isinstance(entry, Action)]


def test_that_every_entry_has_its_title_in_both_languages_and_its_icon(window: MainWindow) -> None:
    assert len(actions(window)) >= 25
    for entry in (*window.registry.entries, *PAGES.values()):
        assert set(sentences()[entry.title]) == {"en", "zh"}
    icons = {action.icon for action in actions(window)} | {page.icon for page in PAGES.values()}
    assert {icon for icon in icons - {""} if not (ICONS / f"{icon}.svg").is_file()} == set()


def test_that_no_two_actions_share_an_id_or_their_keys(window: MainWindow) -> None:
    keys = [QKeySequence(action.keys).toString() for action in actions(window) if action.keys]
    assert len(keys) == len(set(keys)) == 20 and "" not in keys
    one = Action("one", "studio.core.undo", lambda shell: None, keys="Ctrl+U")
    for twin in (Action("one", "studio.core.redo", lambda shell: None), Menu("one", "studio.core.redo")):
        with pytest.raises(ValueError, match="one"):
            ActionRegistry(window, [one, twin])
    with pytest.raises(ValueError, match=r"Ctrl\+U"):
        ActionRegistry(window, [one, Action("two", "studio.core.redo", lambda shell: None, keys="Ctrl+U")])


def test_that_an_unknown_id_is_answered_with_the_closest(window: MainWindow) -> None:
    with pytest.raises(UnknownAction, match="'inspektor'; did you mean 'inspector'"):
        window.registry.run("inspektor")
    with pytest.raises(UnknownAction, match="did you mean 'theme_dark'"):
        window.registry["theme_drak"]


def test_that_the_menus_show_every_action_once_with_its_keys(window: MainWindow) -> None:
    for action in actions(window):
        shown = window.menus.actions[action.id]
        around = window.menus.menus[action.menu] if action.menu else window
        assert shown in around.actions() and shown.shortcut() == QKeySequence(action.keys)
    titles = [action.text() for action in window.menus.menus["file"].actions()]
    words = ["menu_open", "menu_import", "recent", "", "menu_save", "menu_close", "", "menu_settings", "menu_quit"]
    assert titles == [tr(f"studio.core.{word}") if word else "" for word in words]


def test_that_what_is_off_is_off_in_the_menu_and_does_nothing(window: MainWindow, project: Path) -> None:
    def off() -> set[str]:
        on = {action.id for action in actions(window) if window.registry.is_on(action.id)}
        assert {name for name, action in window.menus.actions.items() if action.isEnabled()} == on
        return set(window.menus.actions) - on

    pages = {f"page_{key}" for key in PAGES}
    assert off() == {"save", "close", "refresh", "inspector", "jobs", "undo", "redo", "fit", *pages}
    window.registry.run("jobs")
    assert window.panes.jobs.isHidden()
    assert window.studio.project.open(project)
    assert off() == {"undo", "redo"}
    window.studio.recipe.insert("anything")
    assert off() == {"redo"} and window.header.undo.isEnabled() and not window.header.redo.isEnabled()
    window.registry.run("undo")
    assert off() == {"undo"} and window.studio.recipe.recipe.steps == ()
    window.registry.run("close")
    assert window.page is None and not window.menus.actions["page_data"].isEnabled()


def test_that_ticks_follow_the_settings(window: MainWindow) -> None:
    def ticked() -> set[str]:
        return {name for name, action in window.menus.actions.items() if action.isChecked()}

    assert ticked() == {"theme_system", "language_system"}
    window.menus.actions["theme_dark"].trigger()
    window.menus.actions["expert"].trigger()
    assert ticked() == {"theme_dark", "language_system", "expert"}
    settings = window.studio.settings
    assert (settings.value.theme, settings.value.expert) == ("dark", True)
    window.menus.actions["theme_dark"].trigger()
    settings.update(expert=False, language="zh")
    assert ticked() == {"theme_dark", "language_zh"}


def test_that_menus_that_are_filled_when_they_open_say_so_when_there_is_nothing(
    window: MainWindow, project: Path
) -> None:
    recent = window.menus.menus["recent"]
    recent.aboutToShow.emit()
    assert [action.isEnabled() for action in recent.actions()] == [False]
    window.studio.settings.update(recent=("/nowhere/at/all", str(project)))
    recent.aboutToShow.emit()
    assert [action.isEnabled() for action in recent.actions()] == [False, True]
    recent.actions()[1].trigger()
    assert window.studio.project.folder is not None and window.studio.project.folder.root == project
    trash = window.menus.menus["trash"]
    trash.aboutToShow.emit()
    assert [action.isEnabled() for action in trash.actions()] == [False]


def test_that_a_sentence_names_the_keys_that_its_action_has(window: MainWindow) -> None:
    for language in ("en", "zh"):
        told = re.findall(r"Ctrl\+\w", sentences()["studio.recipe.save_tip"][language])
        assert told == [window.registry["save"].keys]


def test_that_a_page_takes_one_entry(larger: MainWindow, project: Path, qtbot: QtBot) -> None:
    button = larger.rail.buttons["toy"]
    assert list(larger.rail.buttons) == [*PAGES, "toy"] and button.text() == larger.menus.actions["page_toy"].text()
    assert "Ctrl+7" in button.toolTip()
    larger.studio.settings.update(last_page="data")
    assert larger.studio.project.open(project)
    assert button.isEnabled() and button._state is PageState.READY and "toy" not in larger.pages
    qtbot.keyClick(larger, Qt.Key.Key_7, CONTROL)
    assert larger.page is not None and larger.page is larger.pages["toy"] and button.isChecked()
    larger.show_page("data")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert larger.page is larger.pages["toy"] and larger.page.objectName() == "page_toy"
