"""The queue in the window: entries stand in order, are moved by keys, buttons and dropping, taken out and put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from engine.contract.project import ProjectFolder
from engine.contract.queue.changes import pause_all, set_at_once, settings
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from studio.studio import Studio
from studio.views.queue.panel import QueuePanel
from studio.views.shell.main_window import MainWindow
from studio.views.train.page import TrainPage

PATIENCE_MS = 60_000


def make_runs(project: Path, count: int) -> list[Path]:
    """Runs that wait: the queue is paused, so nothing begins."""
    pause_all()
    folder = ProjectFolder(project)
    made = []
    for number in range(count):
        root = folder.new_run(f"number-{number + 1}")
        job = TrainJob(choice=folder.load().detector, index=str(folder.index))
        RunFolder(root).job.write_text(job.model_dump_json())
        enqueue(root)
        made.append(root)
    return made


@pytest.fixture
def panel(studio: Studio, project: Path, qtbot: QtBot) -> QueuePanel:
    """A panel with three that wait."""
    make_runs(project, 3)
    made = QueuePanel(studio.queue)
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 3, timeout=PATIENCE_MS)
    return made


def order() -> list[int]:
    return [entry.number for entry in entries()]


def shown(panel: QueuePanel) -> list[int]:
    return [row.number for row in panel.model.rows]


def wait_order(panel: QueuePanel, wanted: list[int], qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: (order(), shown(panel)) == (wanted, wanted), timeout=PATIENCE_MS)


def test_that_entries_are_moved_by_keys_buttons_and_dropping(panel: QueuePanel, qtbot: QtBot) -> None:
    panel.select(3)
    qtbot.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    wait_order(panel, [1, 3, 2], qtbot)
    current = panel.table.current()
    assert current is not None and current.number == 3, "what was moved stays selected"
    qtbot.mouseClick(panel.up, Qt.MouseButton.LeftButton)
    wait_order(panel, [3, 1, 2], qtbot)
    assert not panel.up.isEnabled() and panel.down.isEnabled()
    data = panel.model.mimeData([panel.model.index(0, 0)])
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, 3, 0, QModelIndex())
    wait_order(panel, [1, 2, 3], qtbot)
    data = panel.model.mimeData([panel.model.index(2, 0)])
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    wait_order(panel, [1, 3, 2], qtbot)
    qtbot.keyClick(panel.table, Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    wait_order(panel, [3, 1, 2], qtbot)


def test_that_one_is_paused_goes_on_and_is_put_back_where_it_was(panel: QueuePanel, qtbot: QtBot) -> None:
    panel.select(2)
    qtbot.keyClick(panel.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: panel.model.rows[1].state == "paused", timeout=PATIENCE_MS)
    qtbot.mouseClick(panel.toggle, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.model.rows[1].state == "waiting", timeout=PATIENCE_MS)
    run = panel.model.rows[1].run
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: panel.undo.isVisible() and shown(panel) == [1, 3], timeout=PATIENCE_MS)
    assert not run.exists()
    qtbot.mouseClick(panel.undo.button, Qt.MouseButton.LeftButton)
    wait_order(panel, [1, 4, 3], qtbot)
    assert RunFolder(run).job.is_file() and not panel.undo.isVisible()


def test_that_how_many_at_once_and_the_pause_of_all_are_kept(panel: QueuePanel, qtbot: QtBot) -> None:
    panel.at_once.activated.emit(2)
    qtbot.waitUntil(lambda: settings().at_once == 2 and panel.at_once.currentIndex() == 2, timeout=PATIENCE_MS)
    assert settings().paused and "nothing more starts" in panel.sum.full
    set_at_once(12)  # as the command line does
    qtbot.waitUntil(lambda: panel.at_once.currentText() == "12", timeout=PATIENCE_MS)
    assert panel.hold.text().strip() == "Go on"


def test_that_a_waiting_run_says_how_it_stands_and_can_be_cancelled(
    window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    make_runs(project, 2)
    studio = window.studio
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: len(studio.runs.runs) == 2 and studio.runs.runs[1].waiting is not None, timeout=PATIENCE_MS)
    run = studio.runs.runs[1]
    assert run.waiting is not None and (run.waiting.before, run.waiting.state) == (1, "halted")
    window.show_queue()
    assert window.jobs.currentWidget() is window.jobs.queue and window.jobs.tabText(0) == "Queue (2)"
    window.show_page("train")
    assert (
        isinstance(window.page, TrainPage)
        and window.page.form.before.full == "2 jobs of the queue first; the queue is paused"
    )
    window.show_page("data")
    window.jobs.queue.select(2)
    qtbot.keyClick(window.jobs.queue.table, Qt.Key.Key_Return)
    page = window.page
    assert isinstance(page, TrainPage) and page.list.current() is run and page.header.cancel.isVisible()
    window.jobs.queue.select(2)
    qtbot.keyClick(window.jobs.queue.table, Qt.Key.Key_Space)
    qtbot.waitUntil(page.header.resume.isVisible, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.header.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.header.resume.isVisible(), timeout=PATIENCE_MS)
    assert [entry.state for entry in entries()] == ["waiting", "waiting"]
    studio.runs.cancel(run)
    qtbot.waitUntil(lambda: len(studio.runs.runs) == 1 and order() == [1], timeout=PATIENCE_MS)
    qtbot.waitUntil(window.jobs.queue.undo.isVisible, timeout=PATIENCE_MS)
