"""`show` says of which runs the mAP is not to be set against that of the run they were made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.figures import Conditions, Figure
from engine.contract.fit.front import FitVerdict, Front, FrontPoint
from engine.contract.fit.job import FitJob
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.queue.changes import pause_all
from engine.contract.queue.pump import enqueue
from engine.contract.recipe import Recipe, Step
from engine.contract.run.job import RecipeJob, TrainJob
from engine.contract.text.messages import Message

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


def fitted(folder: ProjectFolder, base: Path, trial: Path) -> Path:
    """The folder of a fit that ended, with a point of each kind."""
    job = FitJob(project=str(folder.root), start=str(base), phone="SD855", ms=20, points=2)
    points = (
        FrontPoint(kind="base", ms=40, ms_low=35, ms_high=45, ms_source="estimated", map=50, map_low=48, map_high=52),
        FrontPoint(kind="hollow", ms=30, ms_source="estimated", macs=0.7, map_low=44, map_high=52),
        FrontPoint(kind="trial", ms=19.5, map=45.25, macs=0.4, mb=3.125, run=trial.name, number=1, seconds=9),
    )
    words = Message(code="fit.needs_points", args={"target": "20 ms", "points": "2", "lost": "4.8", "run": "x"})
    verdict = FitVerdict(met=False, message=words, guarantee="upper_end")
    task = folder.new_task("fit")
    (task / "job.json").write_text(job.model_dump_json())
    Front(run=base.name, job=job, points=points, verdict=verdict).write(task)
    return task


def test_that_fits_are_named_with_their_verdict_and_their_front_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ProjectFolder(tmp_path / "p")
    folder.root.mkdir()
    folder.save(Project(name="p", detector=CHOICE))
    base = made(folder, None, 40)
    task = fitted(folder, base, made(folder, base, 40))
    assert main(["show", str(folder.root)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(task.name)][:1]
    assert "0001-train --ms 20 --points 2 --phone SD855: 20 ms needs more than 2 points" in line
    assert main(["show", str(folder.root), task.name]) == 0
    out = capsys.readouterr().out
    rows = {row.split()[0]: row for row in out.splitlines()[1:4]}
    assert "44.0 to 52.0" in rows["hollow"] and not rows["hollow"].endswith("*")
    assert "45.2" in rows["trial"] and "0002-train" in rows["trial"] and rows["trial"].endswith("*")
    assert "35.00 to 45.00" in rows["base"] and rows["base"].endswith("*")
    assert main(["show", str(folder.root), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["fits"]
    assert told["task"] == task.name and [point["kind"] for point in told["front"]["points"]][-1] == "trial"


def test_that_a_recipe_that_nobody_began_is_told_as_such_and_one_that_waits_as_waiting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ProjectFolder(tmp_path / "p")
    folder.root.mkdir()
    folder.save(Project(name="p", detector=CHOICE))
    halved = Recipe(name="halved", steps=(Step(technique="quant_aware"),))
    job = RecipeJob(project=str(folder.root), recipe=halved, start=str(made(folder, None, 40)))
    task = folder.new_task("recipe")
    (task / "job.json").write_text(job.model_dump_json())
    assert main(["show", str(folder.root)]) == 0
    told = capsys.readouterr().out
    assert "halved was never begun" in told and f"espalier resume {folder.root} {task.name}" in told
    pause_all()
    enqueue(task)
    assert main(["show", str(folder.root)]) == 0
    assert "halved stands in the queue" in capsys.readouterr().out
