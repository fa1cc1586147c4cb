"""Taking an entry out of the queue, and putting back what was taken out before it began."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.queue.changes import cancel, move, pause
from engine.contract.queue.entries import Entry, entries
from engine.contract.queue.pump import enqueue
from engine.contract.run.folder import RunFolder
from studio.workers.writing import write_whole


@dataclass(frozen=True)
class TakenOut:
    """An entry as it stood, its job, and the number of the one that it stood before, if of any."""

    entry: Entry
    job: str
    before: int | None


def take_out(entry: Entry) -> TakenOut | None:
    """Cancel an entry; what puts it back if nobody was at it. It blocks, and raises UserError, OSError."""
    if entry.state in ("running", "stopping"):
        cancel(entry.number)
        return None
    behind = [each.number for each in entries()]
    place = behind.index(entry.number) + 1 if entry.number in behind else len(behind)
    try:
        job = RunFolder(entry.run).job.read_text(encoding="utf-8")
    except OSError:
        job = ""  # its disk is not there: it can be cancelled all the same, for good
    cancel(entry.number)
    return TakenOut(entry, job, next(iter(behind[place:]), None)) if job else None


def put_back(out: TakenOut) -> Path:
    """Put it into the queue again, where it was; its folder. It blocks, and raises UserError, OSError."""
    root = out.entry.run
    if not root.is_dir():
        root = _free(root)
        write_whole(RunFolder(root).job, out.job)
    number = enqueue(root, title=out.entry.title)
    if out.entry.state == "paused":
        pause(number)
    if out.before is not None and out.before in {each.number for each in entries()}:
        move(number, before=out.before)
    return root


def _free(root: Path) -> Path:
    """Its folder made anew: a run's number may have been given to another meanwhile."""
    number, _, label = root.name.partition("-")
    if root.parent.name == "runs" and any(root.parent.glob(f"{number}-*")):
        return ProjectFolder(root.parent.parent).new_run(label)
    root.mkdir(parents=True)
    return root
