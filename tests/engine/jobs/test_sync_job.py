"""Job `sync` and the words of other jobs on an index that its source has left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.recipe import BASE_STEPS
from engine.contract.run.events import Event, Notice, Progress
from engine.contract.run.job import EvaluateJob, RecipePart, SyncJob, TrainJob, parse_job
from engine.contract.run.settings import TrainSettings
from engine.contract.source.changes import SyncResult
from engine.contract.text.messages import Cancelled, UserError
from engine.jobs.data_notice import tell_of_data
from engine.jobs.sync import run
from engine.run.context import JobContext
from tests.fakes.datasets import Shot, shots
from tests.fakes.synced import Desk, trained

ONE = (("dog", (4.0, 6.0, 30.0, 40.0)),)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, shots())


def context_of(folder: Path, tell: Callable[[Event], None] = lambda event: None) -> JobContext:
    (folder / "run").mkdir(exist_ok=True)
    return JobContext(folder / "run", tell)


def told_of(desk: Desk, **more: object) -> list[str]:
    """The codes of what is said before a training, or with a `split` before an evaluation."""
    events: list[Event] = []
    index = str(desk.folder.index)
    if "split" in more:
        job: TrainJob | EvaluateJob = EvaluateJob.model_validate({"run": "r", "index": index, **more})
    else:
        choice = desk.folder.load().detector
        job = TrainJob(choice=choice, index=index, steps=BASE_STEPS).model_copy(update=more)
    tell_of_data(job, context_of(desk.folder.root, events.append))
    return [event.message.code for event in events if isinstance(event, Notice)]


def test_that_the_result_is_what_the_contract_says(desk: Desk, tmp_path: Path) -> None:
    desk.source.write(Shot("new", "val", ONE))
    job = SyncJob(project=str(desk.folder.root))
    assert parse_job(job.model_dump_json()) == job
    assert parse_job('{"kind": "sync", "project": "p"}') == SyncJob(project="p")
    events: list[Event] = []
    result = SyncResult.model_validate(run(job, context_of(tmp_path, events.append)))
    assert result.changes.added == 1 and result.report.content_hash == result.hash_after != result.hash_before
    assert [(event.done, event.total) for event in events if isinstance(event, Progress)][-1] == (1, 1)


def test_that_a_cancelled_sync_leaves_the_index_as_it_was(desk: Desk, tmp_path: Path) -> None:
    before = desk.folder.index.read_bytes()
    for shot in shots():
        desk.source.write(shot, likeness=f"else {shot.name}")
    told: list[Event] = []

    def asked() -> bool:
        return any(isinstance(event, Progress) for event in told)

    with pytest.raises(Cancelled):
        run(SyncJob(project=str(desk.folder.root)), JobContext(tmp_path, told.append, stop_asked=asked))
    assert desk.folder.index.read_bytes() == before
    assert sorted(path.name for path in desk.folder.index.parent.iterdir()) == [".sync.lock", "index.sqlite"]


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.contract.project import ProjectFolder
from engine.data import index
from engine.data.sync.project_sync import sync_project

whole = index._fill
def half(path, contents):
    whole(path, contents)
    os.kill(os.getpid(), signal.SIGKILL)
index._fill = half
sync_project(ProjectFolder(Path(sys.argv[1])))
"""


def test_that_a_killed_sync_leaves_the_index_as_it_was(desk: Desk) -> None:
    before = desk.folder.index.read_bytes()
    desk.source.write(Shot("new", "val", ONE))
    done = subprocess.run([sys.executable, "-c", KILLED, str(desk.folder.root)], timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL and desk.folder.index.read_bytes() == before
    assert len(list(desk.folder.index.parent.iterdir())) == 3, "what was half written lies beside it"
    assert desk.sync().changes.added == 1
    assert len(list(desk.folder.index.parent.iterdir())) == 2


def test_that_a_job_says_that_its_source_changed(desk: Desk) -> None:
    assert told_of(desk) == told_of(desk, split="val") == []
    desk.source.label(Shot("shot 01", "train", ONE))
    assert told_of(desk) == told_of(desk, split="val") == ["sync.source_changed"]
    assert told_of(desk, part=RecipePart(task="t", number=1)) == ["sync.source_changed"]
    assert told_of(desk, part=RecipePart(task="t", number=2)) == []
    desk.correct("images/train/shot 02.png")
    assert told_of(desk) == ["sync.source_changed", "sync.labels_waiting"]
    desk.folder.labels.write_text("{")
    assert told_of(desk) == ["sync.source_changed", "data.labels_malformed"]


def test_that_pictures_that_show_something_else_are_told(desk: Desk) -> None:
    os.utime(desk.source.root / "images/train/shot 01.png", ns=(1, 1))
    assert told_of(desk) == ["sync.source_changed"], "written again, the same"
    desk.source.write(Shot("shot 06", "val"), likeness="else")
    assert told_of(desk) == told_of(desk, split="val") == ["sync.source_changed", "sync.pictures_replaced"]
    assert told_of(desk, split="test") == ["sync.source_changed"]


def test_that_a_job_is_refused_at_once_where_pictures_that_it_reads_are_gone(desk: Desk) -> None:
    desk.source.remove("shot 05", "train")
    with pytest.raises(UserError, match=r"shot 05\.png.* espalier sync"):
        told_of(desk)
    with pytest.raises(UserError):
        told_of(desk, part=RecipePart(task="t", number=2))
    assert told_of(desk, limit=5) == told_of(desk, split="val") == ["sync.source_changed"]
    assert told_of(desk, settings=TrainSettings(epochs=0)) == ["sync.source_changed"]


def test_that_a_source_that_is_gone_is_named(desk: Desk) -> None:
    shutil.rmtree(desk.source.root)
    with pytest.raises(UserError, match=r"source.* is not there.*--data"):
        told_of(desk)


def test_that_a_run_that_goes_on_with_other_data_says_so(desk: Desk) -> None:
    events: list[Event] = []
    job = TrainJob(choice=desk.folder.load().detector, index=str(desk.folder.index))
    with desk.open() as index:
        today = index.content_hash()
    for seen in ("f" * 64, today):
        run = trained(desk, seen, "run")
        tell_of_data(job, JobContext(run, events.append, sitting=2))
    assert [event.message.code for event in events if isinstance(event, Notice)] == ["sync.resumed_on_other"]


def test_that_an_index_of_no_project_is_not_looked_at(desk: Desk) -> None:
    apart = desk.folder.root / "apart.sqlite"
    shutil.copy(desk.folder.index, apart)
    desk.source.label(Shot("shot 01", "train", ONE))
    job = EvaluateJob(run="r", index=str(apart))
    events: list[Event] = []
    tell_of_data(job, context_of(desk.folder.root, events.append))
    assert events == []
