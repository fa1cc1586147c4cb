"""Recipes for tests. Run as `recipes.py CHILD POINT RUN_DIR` it is the worker of a recipe.

CHILD is a fake job (of fakes/jobs.py) that two runs do in place of training, `-` for what the recipe asks for. At POINT
the worker kills itself, at the COUNT-th call that NAME:COUNT tells; `-` for nowhere.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import PlannedJob, Recipe
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import RecipeJob, RecipePart, TrainJob
from engine.contract.run.lock import LockRecord, read_record
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from engine.jobs import recipe
from engine.recipe.application import Application
from engine.run import parts, worker
from engine.run.keeper import keep
from tests.fakes.waiting import wait

RUNS = 2
CHOICE = DetectorChoice(key="any", size=96, classes=("a",))


class Faked(Application):
    """Runs that nobody trains."""

    def training(self, number: int, start: Path, task: str) -> TrainJob:
        """A job that names what it belongs to."""
        part = RecipePart(task=task, number=number)
        return TrainJob(choice=self.choice, index=str(self.index), start=str(start), part=part)


def make_task(project: Path, start: Path | None) -> RunFolder:
    """The folder of a recipe's job; nobody works on it yet."""
    folder = ProjectFolder(project)
    job = RecipeJob(project=str(folder.root), recipe=Recipe(name="mine", steps=()), start=str(start) if start else None)
    task = RunFolder(folder.new_task(job.kind))
    task.job.write_text(job.model_dump_json())
    return task


def command(child: str = "-", point: str = "-") -> tuple[str, ...]:
    """What starts the worker."""
    return (sys.executable, str(ROOT / "tests" / "fakes" / "recipes.py"), child, point)


def state_of(run: RunFolder) -> RunState:
    """What a run has told."""
    return fold(EventTail(run.events).read())


def kill(run: RunFolder) -> None:
    """SIGKILL to a run's worker and its keeper."""
    record = read_record(run.lock) or LockRecord()
    for pid in (record.keeper, record.pid):
        with contextlib.suppress(ProcessLookupError):  # the one may take the other with it
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
    wait(lambda: not is_locked(run.lock))


def _dying(function: Callable[..., Any], count: int, after: bool) -> Callable[..., Any]:
    """The function, whose `count`-th call is the last that this process does, before it or after it."""
    left = count

    def call(*args: Any, **more: Any) -> Any:
        nonlocal left
        left -= 1
        if not left and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = function(*args, **more)
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    return call


POINTS: dict[str, tuple[Any, str, bool]] = {
    "unmade": (ProjectFolder, "new_run", False),
    "made": (ProjectFolder, "new_run", True),
    "started": (parts, "start", True),
    "done": (recipe, "_work", True),
}


def main(child: str, point: str, run_dir: Path) -> int:
    """A worker under its keeper."""
    if child != "-":
        planned = (PlannedJob(label="first"), PlannedJob(label="second"))
        recipe.application = lambda job, begun: Faked(  # type: ignore
            CHOICE,
            planned,
            Path("index"),
            begun,
            None,  # type: ignore[arg-type]
            0,
        )
        words = (sys.executable, str(ROOT / "tests" / "fakes" / "jobs.py"), child)
        parts.start = lambda root: start(root, words)  # type: ignore
    if point != "-":
        name, _, count = point.partition(":")
        owner, attribute, after = POINTS[name]
        setattr(owner, attribute, _dying(getattr(owner, attribute), int(count), after))
    return keep(run_dir, lambda lock: worker.run(run_dir, jobs={"recipe": recipe.run}, lock=lock))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
