"""How long a job will take, by what earlier ones told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.dataset import Picture, Statistics
from engine.contract.fit.job import FitJob
from engine.contract.project import DetectorChoice
from engine.contract.queue.needs import needs_of, project_of
from engine.contract.queue.pace import Left, left_of, pace
from engine.contract.queue.pump import waiting
from engine.contract.queue.speed import Told, last_progress, last_stage, steps_done, whole_s
from engine.contract.queue.tickets import Ticket
from engine.contract.queue.words import span, takes
from engine.contract.recipe import PlannedJob, Recipe, Step
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob, Job, RecipeJob, TrainJob
from engine.contract.run.lock import LockRecord
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message
from engine.data.index import Contents, write_index

BEGAN, FIRST, STEP_S, AFTER = 1000.0, 10.0, 0.5, 5.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    pictures = [Picture(number, f"/{number}.png", 64, 48, "train", str(number)) for number in range(1, 9)]
    contents = Contents(tmp_path, "coco", "{}", ("a",), pictures, (), Statistics())
    write_index(folder / "data" / "index.sqlite", contents)
    return folder


def job_of(project: Path, *, size: int = 320, key: str = "yolov3_mobilenet_v1", **settings: object) -> TrainJob:
    given = {"epochs": 10, "batch_size": 4, "threads": 1, **settings}
    choice = DetectorChoice(key=key, size=size, classes=("a",))
    return TrainJob(
        choice=choice, index=str(project / "data" / "index.sqlite"), settings=TrainSettings.model_validate(given)
    )


def told(project: Path, name: str, job: Job, *, steps: int = 20, offset: bool = False, step_s: float = STEP_S) -> Path:
    """A run that took STEP_S for each step; with an `offset` its first sitting took ages."""
    run = project / ("runs" if isinstance(job, TrainJob) else ".cache/tasks") / name
    run.mkdir(parents=True)
    (run / "job.json").write_text(job.model_dump_json())
    hello = {"type": "hello", "time": BEGAN, "pid": 1, "versions": {}, "device": "CPU"}
    earlier = json.dumps(hello | {"time": 0.0}) + "\n" if offset else ""
    lines = [hello, {"type": "stage", "time": BEGAN + FIRST, "message": {"code": "train.running"}, "text": ""}]
    for done in range(1, steps + 1):
        at = BEGAN + FIRST + done * step_s
        lines.append({"type": "progress", "time": at, "done": done, "total": steps, "unit": "step", "eta_s": 1.0})
        lines.append({"type": "metric", "time": at, "name": "loss", "step": done, "value": 1.0})
    lines.append({"type": "finished", "time": BEGAN + FIRST + steps * step_s + AFTER})
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (run / "events.jsonl").write_text(earlier + text)
    (run / "lock").write_text(LockRecord(offset=len(earlier), peak_mb=900).model_dump_json())
    return run


def test_nothing_is_told_where_nothing_was_done_before(project: Path) -> None:
    assert pace(job_of(project)) is None
    told(project, "0001-other", job_of(project, key="picodet_s"))
    assert pace(job_of(project)) is None


@pytest.mark.parametrize("offset", [False, True])
def test_a_training_like_an_earlier_one_takes_its_seconds_a_step(project: Path, offset: bool) -> None:
    told(project, "0001-base", job_of(project), offset=offset)
    left = pace(job_of(project, epochs=100))  # of two steps each
    assert left is not None and not left.about and left.run == "0001-base"
    assert left.low_s < FIRST + 200 * STEP_S + AFTER < left.high_s
    assert left.seconds == pytest.approx(FIRST + STEP_S + 200 * STEP_S + AFTER)
    assert takes(left).text() == "Should take 98 to 133 s, by the steps of 0001-base."


def test_what_was_done_of_a_training_is_not_counted_again(project: Path) -> None:
    told(project, "0001-base", job_of(project))
    begun = told(project, "0002-broken-off", job_of(project, epochs=100), steps=150)
    assert steps_done(RunFolder(begun)) == 150
    whole, rest = pace(job_of(project, epochs=100)), pace(job_of(project, epochs=100), begun)
    assert whole is not None and rest is not None
    assert rest.seconds == pytest.approx(whole.seconds - 150 * STEP_S, rel=0.05)


def test_one_that_is_paused_has_only_the_rest_before_it(project: Path) -> None:
    """Paused at two thirds of its steps a training was said to take as long as at its start."""
    told(project, "0001-base", job_of(project))
    run = told(project, "0002-paused", job_of(project), steps=15)
    lines = (run / "events.jsonl").read_text().splitlines()[:-1]
    (run / "events.jsonl").write_text("\n".join(lines) + "\n")
    whole = Ticket(
        number=1, order=1.0, run=run, kind="train", title=Message(code="-"), lane="long", cores=1, memory_mb=1,
        wanted_at=0.0, low_s=99.0, high_s=99.0,
    )  # fmt: skip
    left = whole.model_copy(update=waiting(whole))
    rest = pace(job_of(project), run)
    assert rest is not None and (left.low_s, left.high_s) == (rest.low_s, rest.high_s) and rest.high_s < 99.0


def test_another_size_and_batch_are_scaled_and_said_to_be_about(project: Path) -> None:
    told(project, "0001-base", job_of(project))
    same, larger = pace(job_of(project)), pace(job_of(project, size=640, batch_size=2))
    assert same is not None and larger is not None and larger.about and not same.about
    # Four times the pixels, half of the batch, twice the steps.
    assert larger.low_s < FIRST + 40 * 2 * STEP_S + AFTER < larger.high_s
    assert span(larger).text().startswith("about ")


def test_two_alike_tell_the_interval(project: Path) -> None:
    told(project, "0001-base", job_of(project))
    told(project, "0002-busy", job_of(project), step_s=1.0)
    left = pace(job_of(project))
    assert left is not None and not left.about
    assert (left.low_s, left.high_s) == pytest.approx((FIRST + 20 * 0.5 + AFTER + 0.5, FIRST + 20 + AFTER + 1))


def test_recipes_and_fits_are_told_by_their_trainings(project: Path) -> None:
    base = told(project, "0001-base", job_of(project))
    step = Step(technique="filter_prune", params={"epochs": 30})
    recipe = RecipeJob(project=str(project), recipe=Recipe(name="r", steps=(step,)), start=str(base))
    guessed, planned = pace(recipe), pace(recipe, planned=[PlannedJob(label="a", epochs=30)])
    assert guessed is not None and guessed == planned and guessed.about
    fit = pace(FitJob(project=str(project), start=str(base), ms=10, trials=4, trial_epochs=5, at_once=2))
    assert fit is not None and fit.low_s < fit.high_s
    bounded = pace(FitJob(project=str(project), start=str(base), ms=10, hours=0.001))
    assert bounded is not None and bounded.high_s == pytest.approx(3.6)
    task = told(project, "evaluate-1", EvaluateJob(run=str(base), index=str(project / "data" / "index.sqlite")))
    other = pace(EvaluateJob(run=str(base), index=str(project / "data" / "index.sqlite"), split="test"))
    assert task.is_dir() and other is not None and other.about and other.run == ""


def test_what_is_left_while_running(project: Path) -> None:
    run = told(project, "0001-base", job_of(project))
    assert last_progress(RunFolder(run)) == Told("step", 1.0, 1.0)
    known, step = Left(100.0, 200.0), Told("step", 0.5, 30.0)
    assert left_of(None, 50, step, several=False) == Left(30.0, 30.0 * 1.15, about=False)
    assert left_of(known, 50, Told("picture", 0.5, 3.0), several=False) == Left(50.0, 150.0)
    assert left_of(known, 50, Told("step", 0.01, 9999.0), several=False) == Left(50.0, 150.0)
    assert left_of(known, 190, step, several=True) == Left(30.0, 30.0)
    assert left_of(known, 201, None, several=False) is None
    assert left_of(None, 0, step, several=True) is None


def test_what_is_left_before_the_first_step_and_after_the_last(project: Path) -> None:
    """While one waited for another machine its time ran out; at its end it had a minute where it needed seconds."""
    run = told(project, "0001-base", job_of(project))
    assert last_stage(RunFolder(run)) == "train.running"
    known, measuring = Left(100.0, 200.0), Told("picture", 0.5, 3.0)
    assert left_of(known, 150, None, several=False, stage="train.gathering") == known
    assert left_of(known, 50, measuring, several=False, stage="train.measuring") == Left(3.0, 3.0 * 1.6)
    assert left_of(known, 50, None, several=False, stage="train.measuring") is None
    assert left_of(known, 50, measuring, several=True, stage="train.measuring") == Left(50.0, 150.0)


def test_a_clock_that_was_set_back_tells_nothing(project: Path) -> None:
    told(project, "0001-train", job_of(project), step_s=-0.01)
    assert pace(job_of(project)) is None
    task = told(project, "evaluate-1", EvaluateJob(run="any", index=str(project / "data" / "index.sqlite")))
    assert whole_s(RunFolder(task)) == FIRST + 20 * STEP_S + AFTER
    lines = (task / "events.jsonl").read_text().splitlines()
    (task / "events.jsonl").write_text("\n".join([lines[0].replace(str(BEGAN), "9e9"), *lines[1:]]) + "\n")
    assert whole_s(RunFolder(task)) is None


def test_what_jobs_want_of_the_machine(project: Path) -> None:
    job = job_of(project)
    assert project_of(job) == project
    unknown = needs_of(job, project)
    assert (unknown.lane, unknown.cores) == ("long", 1) and unknown.memory_mb > 2000
    told(project, "0001-base", job)
    assert needs_of(job, project).memory_mb == 900
    assert needs_of(job_of(project, batch_size=8), project).memory_mb == 1800
    short = needs_of(EvaluateJob(run="any", index=job.index), project)
    assert short.lane == "short"
