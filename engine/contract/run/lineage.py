"""Where a run comes from: what it started from, the recipe or fit whose work it is; from the files of jobs alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Failed
from engine.contract.run.folder import RunFolder, checkpoint_of, read_job
from engine.contract.run.job import RecipeJob, TrainJob
from engine.contract.run.offers import DIVERGED
from engine.contract.run.settings import TrainSettings
from engine.contract.run.tail import StreamError, last_event
from engine.contract.text.messages import UserError

PARTS = "parts"
"""Where in a job's own folder lie those of what other workers do for it that is no run of the tree."""


def training_of(run: Path) -> TrainJob | None:
    """The job of a training run; None for other folders, and where it cannot be read."""
    try:
        job = read_job(RunFolder(run))
    except UserError:  # of the other runs much can be told all the same
        return None
    return job if isinstance(job, TrainJob) else None


def parent_of(run: Path) -> str | None:
    """The name of what a run started from: a run, or a file of weights; None where its job cannot be read."""
    job = training_of(run)
    return Path(job.start).name if job is not None and job.start else None


def settings_of(run: Path) -> TrainSettings:
    """How a run trained, for others made from it; the defaults where its job cannot be read.

    On this machine alone: those that joined it know nothing of another run, which would wait for them.
    """
    job = training_of(run)
    return job.settings.model_copy(update={"nodes": ()}) if job is not None else TrainSettings()


def default_start(folder: ProjectFolder) -> Path:
    """The run that a recipe most likely is for: the last with weights that was made from no other, else the last.

    One that has diverged has weights too, but nobody wants them. Raises UserError when no run has weights.
    """
    newest = sorted(folder.runs.glob("[0-9]*"), reverse=True)
    trained = [path for path in newest if _has_weights(path) and not _diverged(path)]
    if not trained:
        raise UserError("compress.no_base", path=str(folder.root))
    names = {path.name for path in trained}
    return next((path for path in trained if parent_of(path) not in names), trained[0])


def _has_weights(run: Path) -> bool:
    try:
        return checkpoint_of(run).is_file()
    except UserError:
        return False


def _diverged(run: Path) -> bool:
    try:
        event, _ = last_event(RunFolder(run).events)
    except StreamError:
        return False
    return isinstance(event, Failed) and event.message.code in DIVERGED


def recipe_job(task: Path) -> RecipeJob | None:
    """The job of a recipe's folder; None for other folders, and where it cannot be read."""
    job = maker_job(task)
    return job if isinstance(job, RecipeJob) else None


def fit_job(task: Path) -> FitJob | None:
    """The job of a fit's folder; None for other folders, and where it cannot be read."""
    job = maker_job(task)
    return job if isinstance(job, FitJob) else None


def maker_job(task: Path) -> RecipeJob | FitJob | None:
    """The job of a folder whose work is runs of the project; None for other folders, and where it cannot be read."""
    try:
        job = read_job(RunFolder(task))
    except UserError:
        return None
    return job if isinstance(job, RecipeJob | FitJob) else None


def runs_of(task: Path) -> dict[int, Path]:
    """The runs that a recipe or a fit has made, by their number in its plan; none for the folder of another job."""
    job = maker_job(task)
    if job is None:
        return {}
    found = {}
    for run in sorted(ProjectFolder(Path(job.project)).runs.glob("[0-9]*")):
        training = training_of(run)
        if training is not None and training.part is not None and training.part.task == task.name:
            found[training.part.number] = run
    return found


def parts_of(task: Path) -> list[Path]:
    """All that workers of their own do for a job: its runs, and what lies in its own folder."""
    return [*runs_of(task).values(), *sorted((task / PARTS).glob("*"))]


def unfinished_recipes(folder: ProjectFolder) -> list[Path]:
    """The folders of the recipes that nobody works on though runs are missing, the oldest first.

    One that was refused before it made a run is not among them, nor one with a broken stream, which cannot go on.
    """
    return _unfinished_of(folder, "recipe")


def unfinished_fits(folder: ProjectFolder) -> list[Path]:
    """The same of fits."""
    return _unfinished_of(folder, "fit")


def fits_of(folder: ProjectFolder) -> list[Path]:
    """The folders of all fits, the oldest first."""
    return _oldest_first(task for task in folder.tasks.glob("fit-*") if fit_job(task) is not None)


def _unfinished_of(folder: ProjectFolder, kind: str) -> list[Path]:
    found = (task for task in folder.tasks.glob(f"{kind}-*") if (job := maker_job(task)) and job.kind == kind)
    return _oldest_first(task for task in found if _unfinished(task))


def _oldest_first(tasks: Iterable[Path]) -> list[Path]:
    return sorted(tasks, key=lambda task: RunFolder(task).job.stat().st_mtime_ns)


def _unfinished(task: Path) -> bool:
    folder = RunFolder(task)
    try:
        event, _ = last_event(folder.events)
        if isinstance(event, Failed) and event.usage and not runs_of(task):
            return False
        return folder.status() not in ("running", "finished")
    except StreamError:
        return False


def recipe_of(run: Path) -> Path | None:
    """The folder of the recipe that made a run; None where none did, or where its folder is gone."""
    task = _maker_of(run)
    return task if task is not None and recipe_job(task) is not None else None


def fit_of(run: Path) -> Path | None:
    """The folder of the fit that made a run; None where none did, or where its folder is gone."""
    task = _maker_of(run)
    return task if task is not None and fit_job(task) is not None else None


def _maker_of(run: Path) -> Path | None:
    training = training_of(run)
    if training is None or training.part is None:
        return None
    task = ProjectFolder(run.parent.parent).tasks / training.part.task
    return task if maker_job(task) is not None else None


def resumable(run: Path) -> Path:
    """What goes on when a run is resumed: its recipe or fit if that is unfinished and left alone, else the run."""
    task = _maker_of(run)
    return task if task is not None and _unfinished(task) else run
