"""An evaluation keeps with its run what tells differences from chance; a time that was disturbed says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.figures import BUSY, Figure, pick
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Event, Notice
from engine.contract.run.findings.evaluations import read_evaluation
from engine.contract.run.findings.resamples import read_resamples
from engine.contract.run.job import EvaluateJob, TrainJob
from engine.run.context import JobContext
from tests.engine.model.test_prediction import make_run


def evaluated(project: ProjectFolder, run: Path, **more: object) -> list[Event]:
    from engine.jobs.evaluate import run as evaluate

    told: list[Event] = []
    job = EvaluateJob.model_validate({"run": str(run), "index": str(project.index), "split": "val", **more})
    evaluate(job, JobContext(project.new_task("evaluate"), told.append))
    return told


def test_that_runs_that_were_evaluated_can_be_told_apart(project: ProjectFolder, train_job: TrainJob) -> None:
    runs = [make_run(project, train_job) for _ in range(2)]
    for run in runs:
        evaluated(project, run)
    told = [read_resamples(run, "val") for run in runs]
    assert told[0] is not None and told[1] is not None
    assert told[0].pictures == 4 and told[1].difference(told[0], "map") == (0, 0)
    kept = pick(read_evaluation(runs[0] / "evaluations" / "val.json"), "map", split="val")
    assert kept is not None and (kept.low, kept.high) == told[0].interval("map")


def test_that_a_part_of_a_split_tells_nothing_of_the_whole(project: ProjectFolder, train_job: TrainJob) -> None:
    run = make_run(project, train_job)
    evaluated(project, run, limit=2)
    assert read_resamples(run, "val") is None


@pytest.mark.parametrize(("load", "told"), [(None, False), (BUSY / 2, False), (BUSY, True)])
def test_that_a_disturbed_measurement_says_so(tmp_path: Path, load: float | None, told: bool) -> None:
    from engine.jobs.host import _tell_busy

    events: list[Event] = []
    figure = Figure(name="host_ms_network", value=1.0, unit="ms", source="measured", load=load)
    _tell_busy([figure], JobContext(tmp_path, events.append))
    codes = [event.message.code for event in events if isinstance(event, Notice)]
    assert codes == (["host.busy"] if told else []) and figure.disturbed is told
