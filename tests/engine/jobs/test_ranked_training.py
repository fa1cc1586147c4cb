"""A training by two ranks: exact when it is resumed, told in words when a rank is lost, evaluated as by one process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Failed, Finished
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.system.processes import group_members
from tests.ranks.kills import differing, launch, ranks_of, wait

pytestmark = pytest.mark.slow


@pytest.fixture
def job(train_job: TrainJob) -> TrainJob:
    """Three epochs of two steps of 2 x 2 pictures, checkpointed at every other step."""
    settings = {"ranks": 2, "checkpoint_every": 2, "evaluate_every": 1}
    return train_job.model_copy(update={"settings": train_job.settings.model_copy(update=settings)})


def state_of(run: RunFolder) -> RunState:
    return fold(EventTail(run.events).read())


def wait_for_step(run: RunFolder, step: int) -> None:
    limit = time.monotonic() + 240
    while f'"name":"loss","step":{step},' not in (run.events.read_text() if run.events.exists() else ""):
        assert time.monotonic() < limit and run.status() in ("running", "queued"), run.last_log_lines()
        time.sleep(0.01)


def test_that_a_training_that_lost_a_rank_or_was_cancelled_ends_in_the_same_weights(
    project: ProjectFolder, job: TrainJob
) -> None:
    whole = launch(project, job, "whole")
    assert wait(whole) == "finished", whole.last_log_lines()
    state = state_of(whole)
    assert isinstance(state.terminal, Finished) and state.device is not None and state.device.ranks == 2
    assert [step for step, _ in state.metrics["loss"]] == [1, 2, 3, 4, 5, 6]
    assert any(notice.message.code == "ranks.begun" for notice in state.notices)
    assert not (whole.root / "ranks").exists()

    broken = launch(project, job, "broken")
    wait_for_step(broken, 3)
    at_work = ranks_of(broken)
    assert len(at_work) == 2
    os.kill(at_work[1].pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while broken.status() == "running" or group_members(at_work[0].group):
        assert time.monotonic() < limit, "a rank outlived another one"
        time.sleep(0.02)
    assert broken.status() == "lost"
    told = broken.worker_lost().message
    assert told.code == "run.lost_rank" and told.args["rank"] == 1 and told.args["status"] == -signal.SIGKILL
    start(broken.root)
    wait_for_step(broken, 5)
    broken.cancel.touch()
    if wait(broken) == "cancelled":
        start(broken.root)
    assert wait(broken) == "finished", broken.last_log_lines()
    assert differing(whole, broken) == []
    final = {run: [f.value for f in state_of(run).figures["final"] if f.name == "map"] for run in (whole, broken)}
    assert final[whole] == final[broken]
    assert final[whole] == [alone(project, whole)]


def alone(project: ProjectFolder, run: RunFolder) -> float:
    """The val mAP of a run's best weights, measured by one process."""
    from engine.model.assembly import load
    from engine.model.measurement import coco_measured

    model, _ = load(run.root)
    with Index.open(project.index) as index:
        figures = coco_measured(model, index.pictures("val"), "val", None, lambda *_: None)
    return next(figure.value for figure in figures if figure.name == "map")


def test_that_a_batch_that_ranks_cannot_share_is_refused(project: ProjectFolder, job: TrainJob) -> None:
    settings = job.settings.model_copy(update={"ranks": 3})
    run = launch(project, job.model_copy(update={"settings": settings}), "three")
    assert wait(run) == "failed"
    terminal = state_of(run).terminal
    assert isinstance(terminal, Failed) and terminal.usage and terminal.message.code == "ranks.batch"


def test_that_a_picture_that_fails_in_another_rank_ends_the_run_with_its_name(
    project: ProjectFolder, job: TrainJob, signs: Path
) -> None:
    """All of them: so one fails in each rank, and whichever is told has its name."""
    victims = {path: path.read_bytes() for path in sorted((signs / "images" / "train").iterdir())}
    try:
        for victim in victims:
            victim.write_bytes(b"not a picture")
        run = launch(project, job, "broken")
        assert wait(run) == "failed"
    finally:
        for victim, content in victims.items():
            victim.write_bytes(content)
    terminal = state_of(run).terminal
    assert isinstance(terminal, Failed) and any(victim.name in terminal.text for victim in victims)
