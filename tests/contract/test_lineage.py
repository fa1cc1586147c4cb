"""A recipe starts from the run that it most likely is for, which is none that has diverged."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.run.events import Event, Failed, Finished
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.lineage import default_start
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
