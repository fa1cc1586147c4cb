"""A project's folder: never made anew by work in it, and its runs' numbers."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import UserError


def test_that_no_folder_that_is_gone_is_made_by_writing_into_it(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for work in (lambda: write_atomically(gone / "file", "text"), lambda: folder_in(gone, "runs")):
        with pytest.raises(FileNotFoundError):
            work()
    project = ProjectFolder(gone)
    for make in (lambda: project.new_run("train"), lambda: project.new_task("export")):
        with pytest.raises(UserError) as caught:
            make()
        assert caught.value.message.code == "project.gone"
    assert list(tmp_path.iterdir()) == []
    assert folder_in(tmp_path, "a", "b").is_dir() and folder_in(tmp_path, "a", "b") == tmp_path / "a" / "b"


def test_that_a_number_in_the_trash_is_not_taken_again(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path)
    assert project.new_run("train").name == "0001-train"
    folder_in(tmp_path, ".trash", "0004-train")
    assert project.new_run("train").name == "0005-train"


def test_that_a_disk_that_refuses_the_job_leaves_no_number_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.root.mkdir()

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("engine.contract.project.write_atomically", refuse)
        with pytest.raises(OSError, match="space"):
            folder.new_run("train", job="{}")
    assert list(folder.runs.iterdir()) == []
    assert folder.new_run("train", job="{}").name == "0001-train"
