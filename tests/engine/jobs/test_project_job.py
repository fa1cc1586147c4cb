"""Making a project: what a finished one holds, and that a refused or cancelled one leaves the disk as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.report import Report
from engine.contract.run.events import Event, Progress, Stage
from engine.contract.run.job import ProjectJob, parse_job
from engine.contract.text.messages import Cancelled, UserError
from engine.jobs.project import run
from engine.run.context import JobContext
from tests.fakes.datasets import shots, write_voc

KEY = "ssdlite_mobilenet_v3_small"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_voc(tmp_path / "source", shots())


def job_of(data: Path, project: Path, **more: object) -> ProjectJob:
    words: dict[str, object] = {"dir": str(project), "source": str(data), "detector": KEY, "size": 96}
    return ProjectJob.model_validate(words | more)


def context_of(tmp_path: Path, tell: Callable[[Event], None] = lambda event: None) -> JobContext:
    """A run folder that tells nobody, or `tell`."""
    (tmp_path / "run").mkdir(exist_ok=True)
    return JobContext(tmp_path / "run", tell)


def test_that_a_project_is_made_and_told_of(source: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    job = job_of(source, tmp_path / "new" / "project", split=(0.5, 0.3, 0.2))
    assert parse_job(job.model_dump_json()) == job and job.format == 1
    result = run(job, context_of(tmp_path, told.append))
    folder = ProjectFolder(tmp_path / "new" / "project")
    assert result["project"] == str(folder.root)
    report = Report.model_validate(result["report"])
    with Index.open(folder.index) as index:
        assert folder.load().detector.classes == index.classes() == report.classes
        assert index.picture_count("train") == 5
    assert [event.message.code for event in told if isinstance(event, Stage)] == ["project.checking", "project.writing"]
    assert [event.done for event in told if isinstance(event, Progress)][-1] == 10


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"classes": ("dog",)}, "data.class_unknown"),
        ({"size": 97}, "detector.size"),
        ({"fit_anchors": True}, "detector.no_anchors"),
        ({"detector": "yolov3_mobilenet_v1", "fit_anchors": True}, "detector.few_boxes"),
        ({"source": "/nowhere"}, "data.folder_missing"),
    ],
)
def test_that_a_refused_project_leaves_nothing(
    source: Path, tmp_path: Path, more: dict[str, object], code: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as refused:
        run(job_of(source, tmp_path / "new" / "project", **more), context_of(tmp_path))
    assert refused.value.message.code == code
    (tmp_path / "run").rmdir()
    assert sorted(tmp_path.rglob("*")) == before


def test_that_a_folder_that_was_there_keeps_what_it_held(source: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "data" / "mine.txt").write_text("mine")
    with pytest.raises(UserError):
        run(job_of(source, project, detector="yolov3_mobilenet_v1", fit_anchors=True), context_of(tmp_path))
    assert [path.name for path in project.rglob("*")] == ["data", "mine.txt"]


def test_that_a_cancelled_project_leaves_nothing(source: Path, tmp_path: Path) -> None:
    told: list[Event] = []

    def asked() -> bool:
        return any(isinstance(event, Progress) for event in told)

    with pytest.raises(Cancelled):
        run(job_of(source, tmp_path / "new" / "project"), JobContext(tmp_path, told.append, stop_asked=asked))
    assert not (tmp_path / "new").exists()


def test_that_the_sample_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signs: Path) -> None:
    from engine.data.sample import write

    monkeypatch.setattr(write, "write_sample", lambda root, progress: signs)
    run(job_of(Path("sample"), tmp_path / "project"), context_of(tmp_path))
    with Index.open(ProjectFolder(tmp_path / "project").index) as index:
        assert index.source() == signs


def test_that_the_verb_prints_the_report(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["new", str(tmp_path / "project"), "--data", str(source), "--detector", KEY, "--json"]
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["project"] == str((tmp_path / "project").resolve())
    assert Report.model_validate(document["report"]).classes
    assert main(words) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "project.exists"


def test_that_a_name_that_is_not_utf8_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"caf\xe9")
    assert main(["new", str(tmp_path / "project"), "--data", str(tmp_path / name), "--detector", KEY]) == 2
    assert "UTF-8" in capsys.readouterr().err
