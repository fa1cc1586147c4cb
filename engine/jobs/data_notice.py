"""What a job says before it uses an index: that its source changed since, or that pictures it needs are gone."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.dataset import Part
from engine.contract.project import ProjectFolder
from engine.contract.run.data_seen import SHORT, other_data
from engine.contract.run.events import Notice
from engine.contract.run.job import EvaluateJob, TrainJob
from engine.contract.text.messages import UserError
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.contract.dataset import Index
    from engine.data.sync.changes import Difference

_LOOKED_INTO = 200
"""So many pictures with another size or time are opened to see whether they hold something else."""


def tell_of_data(job: TrainJob | EvaluateJob, context: JobContext) -> None:
    """Tell what changed in the source since the index of the job was made, by sizes and times of its files.

    Annotations are in the index and hold as they were; pictures are read from the source. So raises UserError where
    some that the job is to read are gone: it could only fail later. An index that is no project's is not looked at.
    """
    folder = ProjectFolder(Path(job.index).parent.parent)
    if folder.index != Path(job.index).resolve() or not folder.index.is_file():
        return
    from engine.contract.dataset import Index
    from engine.data.sync.changes import source_difference

    with Index.open(folder.index) as index:
        found = source_difference(index)
        used = [path for split in _splits(job) for path in index.paths(split, job.limit or -1)]
        _check_there(index, found, used, folder)
        # Of a recipe's runs the first has told it.
        if found is not None and not (isinstance(job, TrainJob) and job.part is not None and job.part.number > 1):
            _tell_source(index, found, folder, context)
            _tell_pictures(index, found, used, folder, context)
            _tell_labels(index, folder, context)
        if isinstance(job, TrainJob) and context.resuming:
            _tell_resumed(index, context)


def _splits(job: TrainJob | EvaluateJob) -> tuple[Part, ...]:
    if isinstance(job, EvaluateJob):
        return (job.split,)
    return ("train", "val") if job.settings.epochs else ("val",)


def _check_there(index: Index, found: Difference | None, used: Sequence[str], folder: ProjectFolder) -> None:
    if found is None:
        if used and not Path(used[0]).is_file():
            raise UserError("data.source_gone", path=str(index.source()), dir=_quoted(folder))
        return
    root = index.source()
    gone = {str(root / path) for path in found.gone}
    lost = [path for path in used if path in gone]
    if lost:
        raise UserError("sync.pictures_gone", count=len(lost), path=lost[0], dir=_quoted(folder))


def _tell_source(index: Index, found: Difference, folder: ProjectFolder, context: JobContext) -> None:
    counts = {"added": len(found.added), "changed": len(found.changed), "gone": len(found.gone)}
    if any(counts.values()):
        told: dict[str, str] = {"source": str(index.source()), "dir": _quoted(folder)}
        context.notice("sync.source_changed", level="warning", **told, **counts)


def _tell_pictures(
    index: Index, found: Difference, used: Sequence[str], folder: ProjectFolder, context: JobContext
) -> None:
    root = index.source()
    touched = {str(root / path) for path in found.changed}
    replaced = _replaced(index, [path for path in used if path in touched])
    if replaced:
        told = {"path": replaced[0], "dir": _quoted(folder)}
        context.notice("sync.pictures_replaced", level="warning", count=len(replaced), **told)


def _replaced(index: Index, paths: Sequence[str]) -> list[str]:
    """Those that hold other bytes than at the import; beyond the first few their time alone tells."""
    looked = {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths[:_LOOKED_INTO]}
    known = {(picture.path, picture.digest) for picture in index.of_digests(list(set(looked.values())))}
    found = [path for path, digest in looked.items() if (path, digest) not in known]
    return found + list(paths[_LOOKED_INTO:]) if found else []


def _tell_labels(index: Index, folder: ProjectFolder, context: JobContext) -> None:
    from engine.contract.labels import Corrections
    from engine.data.sync.changes import waiting_labels

    try:
        waiting = waiting_labels(index, Corrections.read(folder.labels))
    except UserError as broken:  # the index has all that a job needs
        context.emit(Notice(level="warning", message=broken.message, text=broken.message.text()))
        return
    if waiting:
        context.notice("sync.labels_waiting", level="warning", count=waiting, dir=_quoted(folder))


def _tell_resumed(index: Index, context: JobContext) -> None:
    """A run that goes on with other data than it began with has figures of neither."""
    today = index.content_hash()
    seen = other_data(context.run_dir, today)
    if seen is not None:
        context.notice("sync.resumed_on_other", level="warning", seen=seen, today=today[:SHORT])


def _quoted(folder: ProjectFolder) -> str:
    """The folder as the command that a sentence names takes it."""
    return shlex.quote(str(folder.root))
