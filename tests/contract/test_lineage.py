"""A recipe starts from the run that it most likely is for, which is none that has diverged."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.fit.job import FitJob
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.run.events import Event, Failed, Finished
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import RecipePart, TrainJob
from engine.contract.run.lineage import (
    default_start,
    fit_job,
    fit_of,
    fits_of,
    parts_of,
    recipe_job,
    recipe_of,
    resumable,
    runs_of,
    settings_of,
    training_of,
    unfinished_fits,
    unfinished_recipes,
)
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message, UserError

WRECKED = Failed(message=Message(code="train.loss_rose", args={}), text="-")
FULL = Failed(message=Message(code="run.disk_full", args={"path": "x"}), text="-")


def trained(folder: ProjectFolder, end: Event) -> Path:
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
    run = folder.new_run("train", job=TrainJob(choice=choice, index="nowhere").model_dump_json())
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "best.safetensors").touch()
    RunFolder(run).events.write_text(end.model_dump_json() + "\n")
    return run


def test_that_a_run_that_has_diverged_is_no_start(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    trained(folder, WRECKED)
    with pytest.raises(UserError):
        default_start(folder)
    good = trained(folder, Finished())
    trained(folder, WRECKED)
    assert default_start(folder) == good
    stopped = trained(folder, FULL)
    assert default_start(folder) == stopped, "what it has learnt stands"


def test_that_what_is_made_of_a_run_on_several_machines_is_trained_on_this_one(tmp_path: Path) -> None:
    """Each run of a recipe, and each trial of a fit, would wait for machines that know nothing of it."""
    run = trained(ProjectFolder(tmp_path), Finished())
    settings = TrainSettings(epochs=7, ranks=2, nodes=("10.0.0.1:6170", "10.0.0.2:6170"))
    job = training_of(run)
    assert job is not None
    RunFolder(run).job.write_text(job.model_copy(update={"settings": settings}).model_dump_json())
    assert settings_of(run) == settings.model_copy(update={"nodes": ()})


def test_that_a_fit_knows_its_runs_and_parts_and_any_of_them_brings_it_back(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    base = trained(folder, Finished())
    task = folder.new_task("fit")
    job = FitJob(project=str(tmp_path), start=str(base), macs=0.5)
    RunFolder(task).job.write_text(job.model_dump_json())
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
    part = RecipePart(task=task.name, number=11)
    trial = folder.new_run("fit", job=TrainJob(choice=choice, index="nowhere", part=part).model_dump_json())
    (task / "parts" / "saliency").mkdir(parents=True)
    assert fit_job(task) == job and recipe_job(task) is None
    assert runs_of(task) == {11: trial} and parts_of(task) == [trial, task / "parts" / "saliency"]
    assert fit_of(trial) == task and recipe_of(trial) is None and fit_of(base) is None
    assert fits_of(folder) == unfinished_fits(folder) == [task] and unfinished_recipes(folder) == []
    assert resumable(trial) == task
    RunFolder(task).events.write_text(Finished().model_dump_json() + "\n")
    assert unfinished_fits(folder) == [] and fits_of(folder) == [task] and resumable(trial) == trial
