"""Training is exact: stopped and resumed anywhere, it ends in the same weights."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.events import Failed, Finished, Metric, Notice, Stage
from engine.contract.run.findings.resamples import read_resamples
from engine.contract.run.findings.watched import read_watched
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from engine.contract.run.lock import read_record
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.system.processes import group_members
from engine.run.context import JobContext

KILLS = 10


def launch(folder: ProjectFolder, job: TrainJob, name: str) -> RunFolder:
    """A started run of `job`."""
    run = RunFolder(folder.new_run(name))
    run.job.write_text(job.model_dump_json(), encoding="utf-8")
    start(run.root)
    return run


def wait(run: RunFolder, seconds: float = 240) -> RunState:
    """The state of a run whose worker has ended."""
    limit = time.monotonic() + seconds
    while run.status() in ("running", "queued"):
        assert time.monotonic() < limit, run.last_log_lines()
        time.sleep(0.05)
    return fold(EventTail(run.events).read())


def weights(run: RunFolder) -> dict[str, np.ndarray]:
    """Everything in the checkpoint to resume from: weights, averages, optimiser."""
    return load_file(run.checkpoints / "last.safetensors")


def told(run: RunFolder) -> int:
    """Bytes that a run has told so far."""
    return run.events.stat().st_size if run.events.is_file() else 0


def kill_worker(run: RunFolder) -> None:
    """`kill -9` of the worker; ten seconds later nothing of its group may live."""
    record = read_record(run.lock)
    assert record is not None and record.pid is not None
    group = record.pid
    os.kill(group, signal.SIGKILL)
    limit = time.monotonic() + 10
    while group_members(group):
        assert time.monotonic() < limit, "a process of the worker's group outlived it"
        time.sleep(0.05)


def test_that_a_run_killed_at_random_moments_and_resumed_ends_in_the_same_weights(
    project: ProjectFolder, train_job: TrainJob
) -> None:
    settings = train_job.settings.model_copy(update={"epochs": 3 * KILLS, "evaluate_every": KILLS})
    job = train_job.model_copy(update={"settings": settings})
    whole = launch(project, job, "whole")
    state = wait(whole)
    assert isinstance(state.terminal, Finished), state.terminal
    killed = launch(project, job, "killed")
    chance = random.Random(7)
    for kill in range(KILLS):
        before = told(killed)
        while told(killed) == before:
            assert killed.status() == "running", (kill, killed.last_log_lines())
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 3.5))  # from the start of the worker to some steps into the training
        kill_worker(killed)
        start(killed.root)
    state = wait(killed)
    assert isinstance(state.terminal, Finished), (state.terminal, killed.last_log_lines())
    assert len(state.sittings) > KILLS
    expected, found = weights(whole), weights(killed)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_that_a_picture_that_fails_in_the_reader_ends_the_run_with_its_name(
    project: ProjectFolder, train_job: TrainJob, signs: Path, tmp_path: Path
) -> None:
    victim = sorted((signs / "images" / "train").iterdir())[3]
    content = victim.read_bytes()
    try:
        victim.write_bytes(b"not a picture")
        run = launch(project, train_job, "broken")
        state = wait(run)
    finally:
        victim.write_bytes(content)
    assert isinstance(state.terminal, Failed)
    assert victim.name in state.terminal.text


@pytest.mark.parametrize("epochs", [0, 1])
def test_that_the_best_weights_are_kept_and_measured(project: ProjectFolder, train_job: TrainJob, epochs: int) -> None:
    settings = train_job.settings.model_copy(update={"epochs": epochs})
    run = launch(project, train_job.model_copy(update={"settings": settings}), "short")
    state = wait(run)
    assert isinstance(state.terminal, Finished), state.terminal
    names = {figure.name for figure in state.figures["final"]}
    assert {"map", "map50", "macs", "conv_macs", "params"} <= names
    draws = read_resamples(run.root, "val")
    assert draws is not None and draws.pictures == len(Index.open(project.index).pictures("val"))
    assert (run.checkpoints / "best.safetensors").is_file()
    looks = [artifact for artifact in state.artifacts if artifact.kind == "watched"]
    assert len(looks) == epochs
    for look in looks:
        watched = read_watched(run.root / look.path)
        assert watched is not None and watched.epoch == 1
        assert len({picture.digest for picture in watched.pictures}) == 4


def test_that_a_run_looks_again_at_the_pictures_that_its_job_names(
    project: ProjectFolder, train_job: TrainJob, tmp_path: Path
) -> None:
    from engine.contract.dataset import Index
    from engine.model.watched import watched_pictures

    with Index.open(project.index) as index:
        val = index.pictures("val")
    named = train_job.model_copy(update={"watched": (val[2].digest, val[0].digest)})
    assert watched_pictures(named, val) == [val[0], val[2]]
    assert watched_pictures(train_job.model_copy(update={"watched": ("gone",)}), val) == val


def test_that_changing_the_network_is_a_stage_of_its_own(project: ProjectFolder, train_job: TrainJob) -> None:
    """What was measured before stood at 100 % for as long as a step calibrated, and so did what is measured after."""
    settings = train_job.settings.model_copy(update={"epochs": 0})
    step = Step(technique="quant_post", params={"algorithm": "abs_max", "pictures": 1})
    run = launch(project, train_job.model_copy(update={"settings": settings, "steps": (step,)}), "int8")
    assert isinstance(wait(run).terminal, Finished), run.last_log_lines()
    told = EventTail(run.events).read()
    words = [event.message.code if isinstance(event, Stage | Notice) else event.type for event in told]
    changing = words[words.index("train.changing") : words.index("train.measuring_changed")]
    assert words[words.index("figures") + 1] == "train.changing"
    # Which convolutions int8 hurts most is measured one by one, and told.
    assert set(changing[1:-1]) == {"progress"} and changing[-1] in ("keep_worst.kept", "keep_worst.none")


def test_that_training_which_only_does_harm_ends_with_the_weights_it_began_with(tmp_path: Path) -> None:
    from engine.contract.run.settings import TrainSettings
    from engine.detector.base.runtime import prepare
    from engine.detector.train.trainer import Trainer

    prepare()
    import paddle

    saved: list[tuple[str, float | None]] = []
    scores = iter([20.0, 31.0])
    trainer = Trainer(
        paddle.nn.Linear(2, 2),
        reader=None,  # type: ignore[arg-type]  # nothing is trained here
        settings=TrainSettings(epochs=2),
        rate=lambda step: 0.1,
        evaluate=lambda: next(scores),
        save=lambda kind, position, tensors: saved.append((kind, position.best_map)),
        context=JobContext(tmp_path, lambda event: None),
    )
    trainer.begin(30.0)
    for epoch in (1, 2):
        trainer.position.epoch = epoch
        trainer._judge()
    assert saved == [("best", 30.0), ("last", 30.0), ("best", 31.0)]


@pytest.mark.parametrize(("every", "told"), [(1, ["train.nothing_to_judge"]), (0, [])])
def test_that_a_training_without_val_says_first_that_nothing_judges_it(
    project: ProjectFolder, train_job: TrainJob, every: int, told: list[str]
) -> None:
    with sqlite3.connect(project.index) as index:
        index.execute("UPDATE pictures SET split = 'none' WHERE split = 'val'")
    index.close()
    settings = train_job.settings.model_copy(update={"epochs": 1, "evaluate_every": every})
    run = launch(project, train_job.model_copy(update={"settings": settings}), "unjudged")
    assert isinstance(wait(run).terminal, Finished)
    events = EventTail(run.events).read()
    first = next(n for n, event in enumerate(events) if isinstance(event, Metric))
    assert [event.message.code for event in events[:first] if isinstance(event, Notice)] == told
