"""How a job is begun and ended: what computes goes through the queue, what only reads and copies begins at once."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.queue.entries import entry_of
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder, read_job, start
from engine.contract.run.job import TrainJob
from engine.contract.run.lineage import resumable
from engine.contract.run.stopping import stop
from studio.stores.work.taken_out import TakenOut, take_out
from studio.workers.writing import write_whole

AT_ONCE = ("project", "sync")
"""Kinds of jobs for which a person waits in front of a dialog, and that leave the processor to others."""


def begin(root: Path) -> None:
    """Have the job in a folder done when its turn comes. It blocks, and raises UserError, StreamError, OSError."""
    if read_job(RunFolder(root)).kind in AT_ONCE:
        start(root)
    else:
        enqueue(root)


def end(root: Path) -> TakenOut | None:
    """Stop a job, or take it out of the queue; what can be put back if it had not begun. It blocks, as `stop` does."""
    entry = entry_of(root)
    if entry is not None:
        return take_out(entry)
    stop(root)
    return None


def resume(root: Path) -> Path:
    """Begin a run again, or the recipe or fit that is to go on with it; which of the two."""
    target = resumable(root)
    begin(target)
    return target


def make_run(folder: ProjectFolder, label: str, job: TrainJob) -> None:
    """Make a run of a job, and begin it; none is left behind where that is refused."""
    root = folder.new_run(label)
    try:
        write_whole(RunFolder(root).job, job.model_dump_json(indent=2))
        begin(root)
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
