"""Quitting with work going on: it is asked once, the work goes on or stops, and a full disk keeps the window open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.queue.changes import settings
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from studio.views.shell.main_window import MainWindow
from tests.fakes.recipes import command, make_task

PATIENCE_MS = 60_000


@pytest.fixture
def at_work(project: Path) -> Iterator[RunFolder]:
    """A recipe that goes on for as long as nobody stops it."""
    recipe = make_task(project, project / "base")
    enqueue(recipe.root, command=command("patient"))
    yield recipe
    stop(recipe.root)


def test_that_quitting_asks_and_work_goes_on_or_stops(
    window: MainWindow, at_work: RunFolder, project: Path, qtbot: QtBot
) -> None:
    studio = window.studio
    qtbot.waitUntil(lambda: len(studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    assert not window.close() and window.isVisible()
    dialog = window.leaving._dialog
    assert dialog is not None and dialog.isVisible()
    qtbot.mouseClick(dialog.stay, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.leaving._dialog is None, timeout=PATIENCE_MS)
    window.close()
    dialog = window.leaving._dialog
    assert dialog is not None
    dialog.remember.setChecked(True)
    qtbot.mouseClick(dialog.halt, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)
    assert not is_locked(at_work.lock) and settings().paused
    (entry,) = entries()
    assert entry.state == "paused" and studio.settings.value.quit_with_work == "stop"
    studio.queue.look()
    qtbot.waitUntil(lambda: bool(studio.queue.resting()), timeout=PATIENCE_MS)
    studio.queue.pause_all(False)
    qtbot.waitUntil(lambda: len(studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    assert studio.settings.value.stopped == ()


def test_that_a_disk_that_refuses_leaves_the_window_open(
    window: MainWindow, at_work: RunFolder, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(28, "No space left on device", "/queue")

    monkeypatch.setattr("engine.contract.queue.changes.pause_all", refuse)
    qtbot.waitUntil(lambda: len(window.studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    window.close()
    dialog = window.leaving._dialog
    assert dialog is not None
    qtbot.mouseClick(dialog.halt, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.leaving._dialog is None, timeout=PATIENCE_MS)
    assert window.isVisible() and is_locked(at_work.lock) and "No space left" in window.banner.text.text()


def test_that_quitting_leaves_work_alone_where_that_was_chosen(
    window: MainWindow, at_work: RunFolder, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: len(window.studio.queue.at_work()) == 1, timeout=PATIENCE_MS)
    window.studio.settings.update(quit_with_work="keep")
    assert window.close()
    assert is_locked(at_work.lock)
