"""`show` says of which runs the mAP is not to be set against that of the run they were made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.figures import Conditions, Figure
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.job import TrainJob

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))


def made(folder: ProjectFolder, start: Path | None, pictures: int) -> Path:
    job = TrainJob(choice=CHOICE, index="nowhere", start=str(start) if start else None)
    run = folder.new_run("train", job=job.model_dump_json())
    held = Conditions(split="val", pictures=pictures, picture_set=f"set{pictures}")
    score = Figure(name="map", value=50, unit="points", source="measured", conditions=held)
    (run / "evaluations").mkdir()
    (run / "evaluations" / "val.json").write_text(json.dumps([score.model_dump(exclude_none=True)]))
    return run


def test_that_scores_on_other_pictures_are_told_below_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ProjectFolder(tmp_path / "p")
    folder.root.mkdir()
    folder.save(Project(name="p", detector=CHOICE))
    base = made(folder, None, 40)
    made(folder, base, 40)
    made(folder, base, 8)
    assert main(["show", str(folder.root)]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "Not comparable" in line]
    assert len(told) == 1 and "0003-train" in told[0] and "0001-train" in told[0] and "40" in told[0]
    assert main(["show", str(folder.root), "3"]) == 0
    assert "8 pictures, set set8" in capsys.readouterr().out
