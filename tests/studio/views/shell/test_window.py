"""The window around the pages: what opens, what closes, what is remembered, which keys work."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from engine.contract.text.messages import Message
from engine.contract.text.resources import ROOT
from studio.app import forget_foreign_qt
from studio.i18n import shown_language
from studio.stores.settings import read_settings
from studio.studio import Studio
from studio.theme import theme
from studio.views.compare.page import ComparePage
from studio.views.shell.ahead import BuiltAhead
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES
from studio.views.shell.settings_dialog import SettingsDialog
from studio.views.train.page import TrainPage

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_that_a_project_opens_on_its_last_page(window: MainWindow, project: Path) -> None:
    window.studio.settings.update(last_page="recipe")
    assert window.page is None and not window.rail.buttons["data"].isEnabled()
    assert window.studio.project.open(project)
    assert window.page is window.pages["recipe"]
    assert list(window.pages) == ["recipe"]
    assert window.windowTitle() == "signs – Espalier"
    window.studio.project.close()
    assert window.page is None and window.stack.currentWidget() is window.start


def test_that_keys_go_to_the_page_in_front(window: MainWindow, project: Path) -> None:
    window.start.findChildren(QPushButton)[0].setFocus()
    assert window.studio.project.open(project)
    page = window.page
    focused = window.focusWidget()
    assert page is not None and focused is not None and (focused is page or page.isAncestorOf(focused))
    window.show_page("train")
    train = window.pages["train"]
    assert isinstance(train, TrainPage) and window.focusWidget() is train
    train.form.start.setFocus()
    window.show_page("data")
    window.show_page("train")
    assert window.focusWidget() is train.form.start, "where it was on that page"
    window.jobs.queue.at_once.setFocus()
    window.show_page("data")
    assert window.focusWidget() is window.jobs.queue.at_once, "what is on no page keeps it"


def test_that_pages_are_built_ahead_once_a_project_is_open(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    window.studio.settings.update(last_page="data")
    ahead = BuiltAhead(window)
    ended: list[bool] = []
    ahead.destroyed.connect(lambda: ended.append(True))
    ahead.start(1)
    qtbot.wait(30)
    assert window.pages == {}
    assert window.studio.project.open(project)
    try:
        qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    finally:
        gc.unfreeze()
    assert set(window.pages) == set(PAGES) and window.page is window.pages["data"]
    train, compare = window.pages["train"], window.pages["compare"]
    assert isinstance(train, TrainPage) and train.curves is not None
    assert isinstance(compare, ComparePage) and compare.scatter is not None


@pytest.mark.parametrize(("key", "number"), [(key, number) for number, key in enumerate(PAGES, start=1)])
def test_that_a_key_brings_a_page(window: MainWindow, project: Path, key: str, number: int, qtbot: QtBot) -> None:
    window.studio.settings.update(last_page="data" if key != "data" else "recipe")
    assert window.studio.project.open(project)
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), CONTROL)
    assert window.page is not None and window.page.key == key
    assert window.rail.buttons[key].isChecked()


def test_that_undo_has_its_keys(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    assert window.studio.project.open(project)
    window.studio.recipe.insert("anything")
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert window.studio.recipe.recipe.steps == ()
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert len(window.studio.recipe.recipe.steps) == 1
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL)
    assert (project / "recipes" / "recipe.json").is_file()


def test_that_language_and_theme_change_at_once(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.switches.language, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.switches.theme, Qt.MouseButton.LeftButton)
    assert (shown_language(), theme.dark) == ("zh", True)
    assert window.rail.buttons["train"].text() == "训练"
    qtbot.keyClick(window, Qt.Key.Key_0, CONTROL)
    (dialog,) = window.findChildren(SettingsDialog)
    dialog.language.setCurrentIndex(1)
    dialog.theme.setCurrentIndex(1)
    assert (shown_language(), theme.dark) == ("en", False)
    dialog.accept()


def test_that_a_folder_is_asked_for_without_blocking(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_O, CONTROL)
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.isVisible()
    dialog.reject()


def test_that_a_dropped_project_opens(window: MainWindow, project: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(project))])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(10, 10), copy, data, button, none))
    assert window.studio.project.folder is not None and window.studio.project.folder.root == project


def test_that_what_is_no_project_is_said_and_can_be_put_away(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert not window.studio.project.open(tmp_path)
    assert window.banner.isVisible() and str(tmp_path) in window.banner.text.text()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.banner.isVisible()


def test_that_the_layout_is_remembered(studio: Studio, window: MainWindow, project: Path, qtbot: QtBot) -> None:
    assert studio.project.open(project)
    assert not window.panes.jobs.isHidden()
    window.toggle_jobs()
    window.show_page("recipe")
    window.close()
    kept = read_settings(studio.settings.path)
    assert (kept.jobs, kept.last_page, kept.last_project) == (False, "recipe", str(project))
    assert kept.geometry and kept.docks
    studio.project.close()
    again = MainWindow(studio)
    try:
        again.show()
        qtbot.waitExposed(again)
        assert studio.project.open(project)
        assert again.panes.jobs.isHidden() and again.page is again.pages["recipe"]
    finally:
        studio.project.close()
        again.close()
        again.deleteLater()


def test_that_an_error_banner_tries_again(window: MainWindow, qtbot: QtBot) -> None:
    tried: list[int] = []
    window.banner.tell(Message(code="studio.core.engine_silent"), lambda: tried.append(1))
    qtbot.mouseClick(window.banner.again, Qt.MouseButton.LeftButton)
    assert tried == [1] and not window.banner.isVisible()


def test_that_opencvs_qt_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/x/site-packages/cv2/qt/plugins")
    monkeypatch.setenv("QT_SCALE_FACTOR", "2")
    forget_foreign_qt()
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_SCALE_FACTOR"] == "2"


def test_that_no_other_module_styles_and_no_dialog_blocks() -> None:
    found = []
    for path in sorted((ROOT / "studio").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if ("setStyleSheet(" in text and path.name != "theme.py") or ".exec()" in text.replace("app.exec()", ""):
            found.append(path.name)
    assert found == []
