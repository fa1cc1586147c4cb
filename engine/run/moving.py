"""Has what was broken off go on elsewhere: the device in the jobs of a run, or of a recipe or fit and its runs."""

from __future__ import annotations

from pathlib import Path

from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import RecipeJob, TrainJob
from engine.contract.run.lineage import runs_of, settings_of
from engine.run.workers import write_job


def move(target: Path, device: str) -> None:
    """Name another device in the jobs of all that a resumed run or task has still to do; nothing while it is worked on.

    What else a recipe goes by stays: without settings of its own it has those of its start.
    """
    for path in (target, *runs_of(target).values()):
        folder = RunFolder(path)
        if folder.status() in ("running", "finished"):
            continue
        job = read_job(folder)
        if isinstance(job, TrainJob):
            settings = job.settings.model_copy(update={"device": device})
            write_job(job.model_copy(update={"settings": settings}), path)
        elif isinstance(job, RecipeJob) and (job.settings or job.start):
            settings = job.settings or settings_of(Path(str(job.start)))
            fixed = job.fixed if job.settings else job.fixed or ()
            changed = {"settings": settings.model_copy(update={"device": device}), "fixed": fixed}
            write_job(job.model_copy(update=changed), path)
