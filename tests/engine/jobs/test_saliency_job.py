"""Saliency is found once and kept beside the run; a stop keeps nothing; a run that cannot be cut is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.run.events import Event, Progress, Stage
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import SaliencyJob, TrainJob, parse_job
from engine.contract.sensitivity import ChannelSaliency, digest_of
from engine.contract.text.messages import Cancelled
from engine.run.context import JobContext
from tests.engine.model.test_prediction import make_run


def asked(project: ProjectFolder, run: Path, *, stop: bool = False) -> tuple[Path, list[Event]]:
    from engine.jobs.saliency import run as find

    told: list[Event] = []
    job = parse_job(SaliencyJob(run=str(run), index=str(project.index)).model_dump_json())
    assert isinstance(job, SaliencyJob) and job.pictures == 200
    result = find(job, JobContext(project.new_task("saliency"), told.append, stop_asked=lambda: stop))
    return Path(str(result["file"])), told


def test_that_it_is_found_once_and_kept(project: ProjectFolder, train_job: TrainJob) -> None:
    run = make_run(project, train_job)
    before = digest_of(checkpoint_of(run))
    with pytest.raises(Cancelled):
        asked(project, run, stop=True)
    assert not (run / "sensitivity").exists()
    file, told = asked(project, run)
    assert file == ChannelSaliency.file(run, 8, before) and digest_of(checkpoint_of(run)) == before
    assert [event.done for event in told if isinstance(event, Progress)][-1] == 8
    found = ChannelSaliency.read(file)
    assert found is not None and found.pictures == 8 and ChannelSaliency.counts(run, before) == [8]
    assert found.total > 0 and sum(found.share(name) for name in found.groups) == pytest.approx(1)
    kept = file.read_bytes()
    again, told = asked(project, run)
    assert again == file and not any(isinstance(event, Stage) for event in told)
    file.write_text("half a fi")
    assert asked(project, run)[0].read_bytes() == kept, "the same numbers each time"
