"""What a job is charged for: every rank of it and its readers, whoever asks for it, and the GPU that it may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.device.wheel import GPU_WHEEL, Wheel
from engine.contract.fit.job import FitJob
from engine.contract.project import DetectorChoice
from engine.contract.queue import needs
from engine.contract.queue.needs import Needs, needs_of
from engine.contract.recipe import Recipe
from engine.contract.run.job import EvaluateJob, RecipeJob, TrainJob
from engine.contract.run.lock import LockRecord
from engine.contract.run.settings import TrainSettings
from engine.contract.system import gpus

HELD = 1700


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with a training of one rank, whose process held HELD MB; on a machine of 16 cores."""
    run = tmp_path / "project" / "runs" / "0001-base"
    run.mkdir(parents=True)
    (run / "job.json").write_text(training(tmp_path / "project").model_dump_json())
    (run / "lock").write_text(LockRecord(peak_mb=HELD).model_dump_json())
    monkeypatch.setattr(needs, "core_count", lambda: 16)
    return tmp_path / "project"


def training(project: Path, key: str = "ssdlite_mobilenet_v3_small", **settings: object) -> TrainJob:
    given = TrainSettings.model_validate({"threads": 1, "batch_size": 8, **settings})
    choice = DetectorChoice(key=key, size=160, classes=("a",))
    return TrainJob(choice=choice, index=str(project / "data" / "index.sqlite"), settings=given)


def recipe(project: Path, **settings: object) -> RecipeJob:
    base = training(project).settings
    asked = TrainSettings.model_validate(base.model_dump() | settings) if settings else None
    start = str(project / "runs" / "0001-base")
    return RecipeJob(project=str(project), recipe=Recipe(name="r", steps=()), start=start, settings=asked)


def fit(project: Path, **more: object) -> FitJob:
    given = {"project": str(project), "start": str(project / "runs" / "0001-base"), "macs": 0.5, **more}
    return FitJob.model_validate(given)


def test_that_each_rank_is_charged_with_what_one_process_held(project: Path) -> None:
    assert needs_of(training(project), project).memory_mb == HELD
    assert needs_of(training(project, ranks=4), project).memory_mb == 4 * HELD
    assert needs_of(recipe(project), project).memory_mb == HELD
    assert needs_of(recipe(project, ranks=4), project).memory_mb == 4 * HELD
    twice = needs_of(recipe(project, batch_size=16), project).memory_mb
    assert HELD + HELD / 2 < twice < 2 * HELD, "Paddle itself does not grow with the pictures"


def test_that_one_rank_alone_is_not_charged_with_as_many_as_there_were_before(project: Path) -> None:
    """After a run of 8 ranks of one picture each a training that held 0.55 GB was taken to want 4.5 GB."""
    earlier = training(project, ranks=8)
    small = earlier.model_copy(update={"choice": earlier.choice.model_copy(update={"size": 96})})
    (project / "runs" / "0001-base" / "job.json").write_text(small.model_dump_json())
    (project / "runs" / "0001-base" / "lock").write_text(LockRecord(peak_mb=551).model_dump_json())
    alone = small.model_copy(update={"settings": training(project).settings})
    assert 551 <= needs_of(alone, project).memory_mb < 1000


def test_that_the_readers_of_each_rank_are_charged(project: Path) -> None:
    with_readers, without = (needs_of(training(project, ranks=2, readers=each), project) for each in (4, 0))
    assert (with_readers.cores, without.cores) == (10, 2)
    assert with_readers.memory_mb - without.memory_mb == 8 * 200


def test_that_a_guess_counts_every_rank_too(project: Path) -> None:
    one, four = (needs_of(training(project, "yolov3_mobilenet_v3_large", ranks=ranks), project) for ranks in (1, 4))
    assert one.memory_mb == pytest.approx(HELD, rel=0.05) and four.memory_mb == one.memory_mb + 3 * 700


def test_that_trials_side_by_side_are_charged_with_their_ranks(project: Path) -> None:
    assert needs_of(fit(project, at_once=2), project) == Needs("long", 16, 2 * HELD)
    (project / "runs" / "0001-base" / "job.json").write_text(training(project, ranks=3).model_dump_json())
    alone = needs_of(fit(project), project)
    assert (alone.cores, alone.memory_mb) == (3, 3 * HELD)


def test_that_a_fit_whose_trainings_are_done_elsewhere_is_charged_with_what_is_done_here(project: Path) -> None:
    for fleet in ("head:6379", "slurm"):
        found = needs_of(fit(project, at_once=8, fleet=fleet), project)
        assert (found.cores, found.memory_mb) == (1, 2000)
    for here in ("local", "ray", None):
        assert needs_of(fit(project, at_once=2, fleet=here), project).memory_mb == 2 * HELD


def test_that_what_may_compute_on_a_gpu_holds_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "_DEV", tmp_path)
    monkeypatch.setattr(needs, "paddle_wheel", lambda: Wheel(name=GPU_WHEEL, version="any"))
    assert needs_of(training(project), project).gpus == (), "there is none"
    (tmp_path / "nvidia0").touch()
    assert needs_of(training(project), project).gpus == ("0",)
    assert needs_of(training(project), project).cores == 5, "a GPU outruns a thread: processes make its batches"
    assert needs_of(training(project, device="cpu"), project).gpus == ()
    assert needs_of(training(project, device="gpu:1"), project).gpus == ("1",)
    assert needs_of(recipe(project, ranks=2), project).gpus == ("0", "1")
    assert needs_of(fit(project, at_once=3, fleet="local"), project).gpus == ("0", "1", "2")
    assert needs_of(fit(project, fleet="slurm"), project).gpus == ()
    one_by_one = needs_of(fit(project, at_once=3), project)
    assert (one_by_one.gpus, one_by_one.memory_mb) == (("0",), HELD + 4 * 200)
    assert needs_of(EvaluateJob(run="any", index="any"), project).gpus == ("0",)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-7,3")
    assert needs_of(training(project, device="gpu:1"), project).gpus == ("3",)
