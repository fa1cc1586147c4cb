"""Which runs saw other data than the project's, in the store, at the head of the run, and in the table of runs."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from studio.studio import Studio
from studio.views.shared.run_table import RUN
from studio.views.shell.main_window import MainWindow
from tests.studio.stores.told_runs import write_run

PATIENCE_MS = 60_000


def saw(run: Path, data_hash: str) -> None:
    """What a checkpoint begins with."""
    header = json.dumps({"__metadata__": {"espalier": json.dumps({"data_hash": data_hash})}}).encode()
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "best.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)


@pytest.fixture
def runs(project: Path) -> tuple[str, str, str]:
    """One that saw today's data, one that saw other, one that does not tell."""
    with Index.open(ProjectFolder(project).index) as index:
        today = index.content_hash()
    made = [write_run(project, label) for label in ("same", "other", "silent")]
    saw(made[0], today)
    saw(made[1], "f" * 64)
    return made[0].name, made[1].name, made[2].name


def told(studio: Studio) -> list[str]:
    return [run.name for run in studio.runs.runs if studio.data_seen.other(run) is not None]


def test_that_runs_on_other_data_are_known_also_after_the_data_changed(
    studio: Studio, project: Path, runs: tuple[str, str, str], qtbot: QtBot
) -> None:
    studio.project.open(project)
    qtbot.waitUntil(lambda: told(studio) == [runs[1]], timeout=PATIENCE_MS)
    with sqlite3.connect(ProjectFolder(project).index) as index:
        index.execute("UPDATE meta SET value = ? WHERE key = 'hash'", ("f" * 64,))
    index.close()
    studio.project.reopen_index()
    assert told(studio) == [runs[0]]
    studio.project.close()
    assert told(studio) == []


def test_that_pages_mark_runs_on_other_data(
    window: MainWindow, project: Path, runs: tuple[str, str, str], qtbot: QtBot
) -> None:
    studio = window.studio
    studio.project.open(project)
    qtbot.waitUntil(lambda: told(studio) == [runs[1]], timeout=PATIENCE_MS)
    train, compare = window.built("train"), window.built("compare")
    for name, marked in zip(runs, (False, True, False), strict=True):
        train.show_run(studio.runs.by_name(name))  # type: ignore[attr-defined]
        mark = train.header.other_data  # type: ignore[attr-defined]
        assert mark.isVisibleTo(train) is marked and ("ffffffff" in mark.toolTip()) is marked
    compare.refresh()  # type: ignore[attr-defined]
    model = compare.model  # type: ignore[attr-defined]
    tips = [model.index(model.place(name), RUN).data(Qt.ItemDataRole.ToolTipRole) for name in runs]
    assert ["ffffffff" in tip for tip in tips] == [False, True, False]
