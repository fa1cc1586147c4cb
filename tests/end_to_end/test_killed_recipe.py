"""A recipe that is killed at every turn goes on where it was and comes to the same weights; Ctrl-C stops all of it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.recipe import find_recipe
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import RecipeJob
from engine.contract.run.lineage import runs_of, settings_of
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from tests.end_to_end.conftest import SHORT, SMALL, Session, Trained
from tests.fakes.recipes import command, kill, state_of
from tests.fakes.waiting import wait

LIMIT_S = 120
FIXED = ("batch_size", "threads")
"""Of the settings, what SMALL names: the rest is as a recovery would have it."""
CHANCE = random.Random(20)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Two runs: one that cuts and trains, one that quantises."""
    steps = [
        {"technique": "filter_prune", "params": {"criterion": "l1", "ratio": 0.3}},
        {"technique": "quant_aware"},
    ]
    file = tmp_path / "two.json"
    file.write_text(json.dumps({"name": "two", "steps": steps}), encoding="utf-8")
    return file


def weights(run: Path) -> list[bytes]:
    """The tensors of a run's checkpoints, behind the header that tells when they were written."""
    files = sorted((run / "checkpoints").glob("*.safetensors"))
    return [file.read_bytes()[8 + int.from_bytes(file.read_bytes()[:8], "little") :] for file in files]


def task_of(folder: ProjectFolder, recipe: Path, base: str) -> RunFolder:
    """A recipe's folder as `compress` makes it, with no worker yet."""
    begun = folder.run(base)
    settings = settings_of(begun).model_copy(update={"batch_size": 4, "threads": 1})
    named, project, first = find_recipe(str(recipe)), str(folder.root), str(begun)
    task = RunFolder(folder.new_task("recipe"))
    job = RecipeJob(project=project, recipe=named, start=first, epochs=1, settings=settings, fixed=FIXED)
    task.job.write_text(job.model_dump_json())
    return task


def test_that_a_recipe_killed_at_every_turn_comes_to_the_same_weights(
    run: Session, trained: Trained, recipe: Path
) -> None:
    _, project, base = trained
    whole = run("compress", project, recipe, "--from", base["run"], *SHORT, *SMALL)
    folder = ProjectFolder(project)
    task = task_of(folder, recipe, base["run"])

    def sit(point: str) -> list[RunFolder]:
        """Have it go on until it is killed at that point; the runs that it has made."""
        start(task.root, command("-", point))
        wait(lambda: not is_locked(task.lock))
        assert task.status() == "lost", task.last_log_lines()
        return [RunFolder(made) for _, made in sorted(runs_of(task.root).items())]

    assert sit("unmade:1") == []
    (first,) = sit("made:1")
    assert first.status() == "queued"
    sit("started:1")
    wait(lambda: state_of(first).sittings)
    time.sleep(CHANCE.uniform(0, 3))
    if first.status() == "running":
        kill(first)
    sit("started:1" if first.status() == "lost" else "done:1")
    assert first.status() in ("running", "finished"), "it goes on though its recipe is gone"
    sit("unmade:1")
    assert first.status() == "finished" and len(state_of(first).sittings) <= 2
    first, second = sit("made:1")
    sit("started:1")
    wait(lambda: state_of(second).sittings)
    kill(second)
    told = run("resume", project, second.root.name.split("-")[0])
    assert told["runs"] == [first.root.name, second.root.name] and told["run"] == second.root.name
    assert sorted(path.name for path in folder.runs.iterdir()) == [base["run"], *whole["runs"], *told["runs"]]
    for ours, theirs in zip(told["runs"], whole["runs"], strict=True):
        assert weights(folder.runs / ours) == weights(folder.runs / theirs) != []


def test_that_ctrl_c_stops_the_recipe_with_its_run_and_resume_goes_on(
    run: Session, trained: Trained, recipe: Path
) -> None:
    _, project, base = trained
    words = ["compress", str(project), str(recipe), "--from", base["run"], *SHORT, *SMALL]
    with subprocess.Popen([sys.executable, "-m", "engine", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True) as ran:
        folder = ProjectFolder(project)
        wait(lambda: list(folder.runs.glob("0002-*")) and state_of(RunFolder(folder.run("2"))).progress)
        ran.send_signal(signal.SIGINT)
        assert ran.wait(LIMIT_S) == 130
        assert ran.stderr is not None
        assert "Run 1 of 2, 0002-two-compress: " in ran.stderr.read()
    assert RunFolder(folder.run("2")).status() == "cancelled"
    (task,) = (entry["task"] for entry in run("show", project)["recipes"])
    assert RunFolder(folder.tasks / task).status() == "cancelled"
    assert len(run("resume", project, task)["runs"]) == 2
    assert run("show", project)["recipes"] == []
