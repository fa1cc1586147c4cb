"""The pictures that a recipe's job names are watched by each of its runs."""

from __future__ import annotations

from pathlib import Path

from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob
from engine.contract.run.settings import TrainSettings
from engine.recipe.application import Application


def test_that_each_run_of_a_recipe_watches_the_same_pictures() -> None:
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("stop",))
    planned = (PlannedJob(label="first"), PlannedJob(label="second"))
    applied = Application(choice, planned, Path("index"), Path("base"), TrainSettings(), 0, ("d1", "d2"))
    assert [applied.training(number, Path("base"), "task").watched for number in (1, 2)] == [("d1", "d2")] * 2
