"""A fit from end to end on the smallest detector: trials and winner are runs of the project, done by workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.figures import pick
from engine.contract.fit.front import read_front
from engine.contract.fit.job import FitJob
from engine.contract.latency import PhoneChoice
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Event, Stage
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob, parse_job
from engine.contract.run.lineage import fit_of, runs_of, training_of
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.fit.times import upper_end
from engine.graph.count import conv_macs
from engine.recipe.stack import stack_of_run
from engine.run.context import JobContext
from tests.engine.model.test_prediction import make_run


@pytest.mark.slow
def test_that_trial_and_winner_are_runs_within_the_target(project: ProjectFolder, train_job: TrainJob) -> None:
    from engine.jobs.fit import run

    start = make_run(project, train_job)
    told: list[Event] = []
    asked = _asked(project, start)
    job = parse_job(asked.model_dump_json())
    assert job == asked and isinstance(job, FitJob)
    task = RunFolder(project.new_task(job.kind))
    task.job.write_text(job.model_dump_json(), encoding="utf-8")
    result = run(job, JobContext(task.root, told.append))
    trials = [f"{number + 1:04d}-fit-trial-{number}" for number in (1, 2)]
    assert result["runs"] == [*trials, "0004-fit-winner"] and result["run"] == "0004-fit-winner"
    made = [path for _, path in sorted(runs_of(task.root).items())]
    assert [RunFolder(path).status() for path in made] == ["finished"] * 3 and fit_of(made[0]) == task.root
    first, second, _ = (EventTail(RunFolder(path).events).read() for path in made)
    assert second[0].time < first[-1].time, "those that need not wait for each other are trained side by side"
    before, after = (conv_macs(stack_of_run(each).graph) for each in (start, made[-1]))
    front = read_front(task.root)
    assert front is not None and front.verdict is not None and front.verdict.met
    winner = front.winner
    assert winner is not None and after / before == pytest.approx(winner.macs) and (winner.ms or 0) <= (asked.ms or 0)
    assert winner.ratios in [trial.ratios for trial in front.trials] and winner.map == pytest.approx(_map(made[-1]))
    taught = training_of(made[-1])
    assert taught is not None and "distill" in {step.technique for step in taught.steps}
    assert front.verdict.export is not None and Path(front.verdict.export).is_file()
    codes = [event.message.code for event in told if isinstance(event, Stage)]
    assert {"fit.part", "fit.descending", "fit.trial", "fit.winner"} <= set(codes)


def _asked(project: ProjectFolder, start: Path) -> FitJob:
    """Two trials that need not wait for each other, for most of the time that is estimated for the start."""
    phone = PhoneChoice(soc="SD855", threads=1, precision="fp32")
    whole = upper_end(stack_of_run(start), phone, None)
    return FitJob(
        project=str(project.root),
        start=str(start),
        phone=phone.soc,
        ms=0.8 * (whole.high or whole.value),
        trials=2,
        at_once=2,
        trial_epochs=1,
        epochs=1,
        pictures=2,
        limit=4,
    )


def _map(run: Path) -> float:
    found = pick(fold(EventTail(RunFolder(run).events).read()).figures["final"], "map")
    assert found is not None
    return found.value
