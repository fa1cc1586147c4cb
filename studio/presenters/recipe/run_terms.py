"""On what terms a recipe can be run: which runs it may start from, and why it cannot be run as it is."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.recipe import Recipe
from engine.contract.run.job import TrainJob
from studio.i18n import tr
from studio.stores.catalog import CatalogStore
from studio.stores.previews.previews import Preview
from studio.stores.run import Run


def base_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs that have weights, latest first."""
    return [run for run in reversed(runs) if any(item.kind == "checkpoint" for item in run.state.artifacts)]


def default_base(runs: Sequence[Run]) -> Run:
    """The run that a recipe most likely is for: the latest that no other of the runs was the start of, else the latest.

    Such a one began at random or with a file of weights; the others were made from it.
    """
    names = {run.name for run in runs}
    return next((run for run in runs if isinstance(run.job, TrainJob) and run.parent not in names), runs[0])


def why_not(
    runs: Sequence[Run],
    recipe: Recipe,
    latest: Preview | None,
    catalog: CatalogStore,
    *,
    has_project: bool,
) -> str:
    """Why the recipe cannot be run as it is; empty when it can.

    `latest` is what was last found out of it. What is under way is no hindrance: the recipe waits for its turn.
    """
    if not has_project:
        return tr("studio.recipe.why_project")
    if not any(step.enabled for step in recipe.steps):
        return tr("studio.recipe.why_empty")
    if catalog.missing is not None:
        return tr(catalog.missing)
    if any(step.enabled and catalog.technique(step.technique) is None for step in recipe.steps):
        return tr("studio.recipe.why_problems")
    if not base_runs(runs):
        return tr("studio.recipe.why_base")
    if latest is not None and (latest.problems or latest.error is not None):
        return tr("studio.recipe.why_problems")
    return ""
