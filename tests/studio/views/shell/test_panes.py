"""A window on a small screen: it opens within it, its panes fold and come back, its dialogs stay on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.stores.settings import read_settings
from studio.studio import Studio
from studio.views.imports.dialog import ImportDialog
from studio.views.shell.main_window import MainWindow
from studio.views.shell.settings_dialog import SettingsDialog
from studio.widgets.on_screen import OnScreenDialog
from tests.studio.reach import cut_lists, out_of_reach

LARGE, SMALL = (1440, 900), (960, 540)
ROOM = (960, 500)
"""What a title leaves of the smaller screen."""


def folded(window: MainWindow) -> tuple[bool, bool]:
    return window.panes.inspector.isHidden(), window.panes.jobs.isHidden()


def on_screen(window: QWidget) -> bool:
    return window.screen().availableGeometry().contains(window.frameGeometry())


def test_that_a_window_opens_within_its_screen(studio: Studio, qtbot: QtBot) -> None:
    made = MainWindow(studio)
    try:
        assert made.screen().availableGeometry().width() < LARGE[0], "the test's screen is a small one"
        made.show()
        qtbot.waitExposed(made)
        assert on_screen(made)
    finally:
        made.close()
        made.deleteLater()


def test_that_panes_fold_in_a_small_window_and_come_back(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    window.studio.settings.update(last_page="recipe")
    assert window.studio.project.open(project)
    assert folded(window) == (False, False)
    window.resize(*SMALL)
    qtbot.waitUntil(lambda: folded(window) == (True, True))
    assert not window.header.inspector.isChecked()
    qtbot.mouseClick(window.header.inspector, Qt.MouseButton.LeftButton)
    assert folded(window) == (False, True) and window.header.inspector.isChecked()
    window.resize(*LARGE)
    qtbot.waitUntil(lambda: folded(window) == (False, False))
    window.toggle_inspector()
    assert folded(window) == (True, False)
    window.resize(*SMALL)
    qtbot.waitUntil(lambda: folded(window) == (False, True))
    window.studio.settings.save()
    kept = read_settings(window.studio.settings.path)
    assert (kept.inspector, kept.inspector_small, kept.jobs, kept.jobs_small) == (False, True, True, False)


def test_that_every_page_is_in_reach_of_the_rail_above_the_jobs(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    window.studio.settings.update(last_page="data")
    assert window.studio.project.open(project)
    window.resize(*SMALL)
    window.toggle_jobs()
    qtbot.waitUntil(lambda: not out_of_reach(window.rail))
    assert not window.panes.jobs.isHidden()


def test_that_a_large_dialog_is_kept_on_the_screen(qtbot: QtBot) -> None:
    dialog = OnScreenDialog()
    qtbot.addWidget(dialog)
    dialog.resize(3000, 2000)
    dialog.open()
    qtbot.waitUntil(lambda: on_screen(dialog))


def test_that_dialogs_are_small_enough_and_their_lists_whole(window: MainWindow, qtbot: QtBot) -> None:
    importing = ImportDialog(window.studio, None, window)
    dialogs: tuple[QDialog, ...] = (SettingsDialog(window.studio, window), importing)
    for dialog in dialogs:
        dialog.open()
        least = dialog.minimumSizeHint().expandedTo(dialog.minimumSize())
        assert (least.width() <= ROOM[0], least.height() <= ROOM[1]) == (True, True)
        dialog.resize(least)
        qtbot.wait(50)
        assert out_of_reach(dialog) == []
        assert cut_lists(dialog) == []
        dialog.reject()


def test_that_another_theme_leaves_the_pane_below_as_high_as_it_was(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    window.resize(*LARGE)
    assert window.studio.project.open(project)
    qtbot.wait(100)
    height = window.panes.jobs.height()
    for theme in ("dark", "light"):
        window.studio.settings.update(theme=theme)
        qtbot.wait(100)
        assert window.panes.jobs.height() == height
