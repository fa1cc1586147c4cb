"""The dock below: a recipe that was broken off offers to go on, and its stage says which run it is at."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.run.folder import start
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from studio.i18n import tr
from studio.studio import Studio
from studio.views.shell.work.jobs_dock import JobRow
from studio.widgets.buttons import IconButton
from studio.widgets.labels import Elided
from tests.fakes.recipes import command, make_task

PATIENCE_MS = 60_000


def button(row: JobRow, code: str) -> IconButton:
    """The button of a row that says this."""
    return next(one for one in row.findChildren(IconButton) if one.toolTip() == tr(code))


def test_that_a_lost_recipe_is_resumed_from_its_row(
    studio: Studio, project: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = make_task(project, project / "base")
    start(recipe.root, command("done", "unmade:1"))
    qtbot.waitUntil(lambda: recipe.status() == "lost" and not is_locked(recipe.lock), timeout=PATIENCE_MS)
    assert studio.project.open(project)
    (task,) = studio.tasks.tasks
    row = JobRow(task, studio)
    qtbot.addWidget(row)
    resume, halt = (button(row, code) for code in ("studio.core.resume", "studio.core.cancel"))
    qtbot.waitUntil(lambda: resume.isVisibleTo(row) and not halt.isVisibleTo(row), timeout=PATIENCE_MS)
    monkeypatch.setattr("studio.stores.work.tasks.begin", lambda root: start(root, command("patient")))
    try:
        resume.click()
        stage = "Run 1 of 2, 0001-mine-first: test.patient"
        shown = row.findChildren(Elided)
        qtbot.waitUntil(lambda: any(stage in label.full for label in shown), timeout=PATIENCE_MS)
        assert halt.isVisibleTo(row) and not resume.isVisibleTo(row)
        halt.click()
        qtbot.waitUntil(lambda: task.status == "cancelled", timeout=PATIENCE_MS)
        assert resume.isVisibleTo(row) and halt.isEnabled()
    finally:
        stop(recipe.root)
