"""The queue's picture for the gallery: its work is begun in a copy of the project, and nothing of it is left."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from engine.contract.queue.changes import set_at_once
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import enqueue
from engine.contract.text.resources import ROOT
from studio.screenshots.at_work import at_work
from studio.studio import Studio
from tests.studio.stores.told_runs import write_run

FAKE = (sys.executable, str(ROOT / "tests" / "fakes" / "jobs.py"), "endless")


def test_that_the_queue_works_on_a_copy_and_ends(
    studio: Studio, qapp: QApplication, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_run(project, "base")
    (base / "checkpoints").mkdir()
    (base / "checkpoints" / "best.safetensors").write_bytes(b"weights")
    before = sorted(project.rglob("*"))
    monkeypatch.setattr("studio.stores.work.begin.enqueue", lambda root: enqueue(root, command=FAKE))
    set_at_once(1)
    with at_work(studio, project, tmp_path / "room"):
        copy = studio.project.folder
        assert copy is not None and copy.root.parent == tmp_path / "room"
        weights = copy.runs / base.name / "checkpoints"
        assert weights.is_symlink() and (weights / "best.safetensors").is_file()
        assert [(entry.kind, entry.state) for entry in entries()] == [
            ("train", "running"),
            ("recipe", "waiting"),
            ("fit", "waiting"),
            ("evaluate", "paused"),
        ]
        assert all(entry.run.is_relative_to(copy.root) for entry in entries())
    assert entries() == [] and sorted(project.rglob("*")) == before
