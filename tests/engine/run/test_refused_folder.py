"""A run whose folder is full, cannot be written, or goes away: told in a sentence, and not waited for."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from engine.contract.run.events import Failed
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.contract.run.watch import watch
from engine.contract.text.messages import JobFailed
from engine.run import worker


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.root.mkdir()
    folder.job.write_text(EvaluateJob(run="run", index="index").model_dump_json())
    return folder


def test_that_a_disk_without_room_for_the_stream_itself_is_told_in_a_sentence(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(worker, "EventWriter", refuse)
    assert worker.run(run.root) == 1
    (line,) = run.last_log_lines()
    assert "disk" in line and str(run.events) in line and line in str(run.worker_lost())


def test_that_a_folder_that_cannot_be_written_is_told_in_a_sentence(run: RunFolder) -> None:
    def refuse(*_: object) -> dict[str, object]:
        raise OSError(errno.EROFS, "Read-only file system", "/somewhere/made")

    assert worker.run(run.root, jobs={"evaluate": refuse}) == 1
    terminal = fold(EventTail(run.events).read()).terminal
    assert isinstance(terminal, Failed) and terminal.message.code == "run.no_access"
    assert "/somewhere/made" in terminal.text and "Read-only" in terminal.text


def test_that_a_folder_that_went_away_is_not_waited_for(run: RunFolder) -> None:
    watching = watch(run)
    next(watching)
    run.root.rename(run.root.with_name("elsewhere"))
    with pytest.raises(JobFailed) as caught:
        next(watching)
    assert caught.value.message.code == "run.folder_gone"
