"""On what terms a recipe can be run: which runs it may start from, and why it cannot be run as it is."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.run.job import RecipeJob, TrainJob
from studio.i18n import tr
from studio.stores.run import Run
from studio.studio import Studio


def base_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs that have weights, latest first."""
    return [run for run in reversed(runs) if any(item.kind == "checkpoint" for item in run.state.artifacts)]


def default_base(runs: Sequence[Run]) -> Run:
    """The run that a recipe most likely is for: the latest that no other of the runs was the start of, else the latest.

    Such a one began at random or with a file of weights; the others were made from it.
    """
    names = {run.name for run in runs}
    return next((run for run in runs if isinstance(run.job, TrainJob) and run.parent not in names), runs[0])


def why_not(studio: Studio) -> str:
    """Why the recipe cannot be run as it is; empty when it can."""
    latest = studio.previews.latest
    if studio.project.project is None:
        return tr("studio.recipe.why_project")
    if not any(step.enabled for step in studio.recipe.recipe.steps):
        return tr("studio.recipe.why_empty")
    if not base_runs(studio.runs.runs):
        return tr("studio.recipe.why_base")
    if latest is not None and (latest.problems or latest.error is not None):
        return tr("studio.recipe.why_problems")
    applying = any(isinstance(task.job, RecipeJob) and not task.ended for task in studio.tasks.tasks)
    if applying or studio.runs.active() is not None:
        return tr("studio.recipe.why_active")
    return ""
