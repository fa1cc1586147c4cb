"""Every page opens, in both languages and both themes, can be read, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.recipe import Recipe, Step
from studio.i18n import shown_language
from studio.stores.previews.previews import PreviewStore
from studio.studio import Studio
from studio.theme import theme
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES
from tests.studio.reach import cut_fields, cut_headers, cut_lists, out_of_reach
from tests.studio.reading import cut, overlapping, shown, untranslated
from tests.studio.stores.told_runs import write_run

SIZES = ((1440, 900), (1280, 720), (960, 540))
"""A usual window, all of a laptop's screen at 150 %, and of a full HD one at factor 2."""
STEPS = (Step(technique="filter_prune"), Step(technique="quant_aware"))

BOTH = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture
def opened(studio: Studio, window: MainWindow, project: Path, catalog: Catalog) -> MainWindow:
    """The window on the small project, with the catalogue."""
    studio.catalog.catalog = catalog
    studio.catalog.changed.emit()
    assert studio.project.open(project)
    return window


def look_at(window: MainWindow, key: str, language: str, qtbot: QtBot) -> None:
    """Bring a page to the front, then change the language as a person would."""
    window.show_page(key)
    qtbot.wait(50)
    window.studio.settings.update(language=language)
    qtbot.wait(150)


@pytest.mark.parametrize("key", PAGES)
def test_that_a_page_opens_in_every_language_and_theme(opened: MainWindow, key: str, qtbot: QtBot) -> None:
    for language, colours in itertools.product(("en", "zh"), ("light", "dark")):
        look_at(opened, key, language, qtbot)
        opened.studio.settings.update(theme=colours)
        qtbot.wait(50)
        assert opened.page is opened.pages[key]
        assert (shown_language(), theme.name) == (language, colours)
        assert not opened.grab().isNull()
        assert not opened.banner.isVisible(), opened.banner.text.text()
        assert language == "en" or untranslated(opened) == []


@BOTH
def test_that_nothing_is_cut_covered_or_out_of_reach(
    opened: MainWindow, project: Path, language: str, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    opened.studio.recipe.replace(Recipe(name="signs-small", steps=STEPS))
    base = write_run(project, "base")
    for label in ("a-run-with-a-name-that-is-long", "another"):
        write_run(project, label, base, score=48.5)
    opened.studio.runs.scan()
    found = []
    for key, (width, height) in itertools.product(PAGES, SIZES):
        opened.resize(width, height)
        look_at(opened, key, language, qtbot)
        # Nested layouts take some rounds, on a busy machine for long.
        with contextlib.suppress(QtBot.TimeoutError):
            qtbot.waitUntil(lambda: not cut(opened) and not out_of_reach(opened), timeout=5_000)
        assert (opened.width(), opened.height()) == (width, height)
        for look in (cut, overlapping, out_of_reach, cut_headers, cut_fields, cut_lists):
            found += [f"{key} at {width} x {height}: {look.__name__}: {each}" for each in look(opened)]
        if opened.stack.horizontalScrollBar().maximum():
            found.append(f"{key} at {width} x {height}: scrolls sideways")
    assert found == []


@BOTH
def test_that_the_start_page_can_be_read(window: MainWindow, language: str, qtbot: QtBot) -> None:
    window.studio.settings.update(language=language, recent=("/nowhere/at/mine", "/nowhere/else"))
    qtbot.wait(100)
    assert cut(window) == []
    assert overlapping(window) == []
    if language == "zh":
        assert untranslated(window) == []


@pytest.mark.parametrize("key", PAGES)
def test_that_a_button_without_words_has_a_name(opened: MainWindow, key: str, qtbot: QtBot) -> None:
    look_at(opened, key, "en", qtbot)
    buttons = [widget for widget in shown(opened) if isinstance(widget, QAbstractButton) and not widget.text()]
    ours = [button for button in buttons if not button.objectName().startswith("qt_")]
    nameless = [button for button in ours if not button.accessibleName()]
    assert [f"{type(button).__name__} in {type(button.parent()).__name__}" for button in nameless] == []
    assert all(button.toolTip() for button in ours if isinstance(button, QToolButton))
