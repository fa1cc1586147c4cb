"""Job `recipe`: makes a run of the project for each job of the recipe's plan, and has one after another done.

What belongs to it is told by the runs alone: each names the recipe's folder and its number in the plan in its
`job.json`, which is there from the first moment that the run can be seen. So whatever is killed whenever, the next
sitting finds every run again, keeps those that are finished, follows one that is at work, and resumes the others.
"""

from __future__ import annotations

from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import RecipeJob
from engine.contract.run.lineage import default_start, runs_of, training_of
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.contract.text.messages import Message
from engine.recipe.application import application
from engine.run.context import JobContext
from engine.run.parts import have_done


def run(job: RecipeJob, context: JobContext) -> dict[str, object]:
    """Apply the recipe; the result names the runs in order and has the figures of the last."""
    context.stage("recipe.planning", recipe=job.recipe.name)
    folder, task = ProjectFolder(Path(job.project)), context.run_dir
    made = runs_of(task)
    latest = _start(job, folder, made)
    applied = application(job, latest)
    runs: list[Path] = []
    for number, planned in enumerate(applied.planned, start=1):
        context.check_cancelled()
        if number in made:
            latest = made[number]
        else:
            training = applied.training(number, latest, task.name)
            latest = folder.new_run(job.recipe.name, planned.label, job=training.model_dump_json(indent=2))
        _work(RunFolder(latest), context, number, len(applied.planned))
        runs.append(latest)
    figures = fold(EventTail(RunFolder(latest).events).read()).figures.get("final", ())
    context.figures("final", figures)
    told = [figure.model_dump(exclude_none=True) for figure in figures]
    return {"runs": [path.name for path in runs], "figures": told}


def _start(job: RecipeJob, folder: ProjectFolder, made: dict[int, Path]) -> Path:
    """The run that the recipe starts from: what its first run started from, if that is made."""
    first = training_of(made[1]) if 1 in made else None
    chosen = first.start if first is not None else job.start
    return Path(chosen) if chosen else default_start(folder)


def _work(run: RunFolder, context: JobContext, number: int, total: int) -> None:
    """Have a run done to its end; raises what another end means. A cancel is passed on to it."""

    def stage(what: Message) -> None:
        context.stage("recipe.run", number=number, total=total, run=run.root.name, what=what)

    have_done(run, context, stage)
