"""How much memory a job is taken to want: what earlier ones like it held, or a guess by pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import Job, RecipeJob, TrainJob
from engine.contract.run.lineage import settings_of, training_of
from engine.contract.run.lock import read_record
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError

_ALONE_MB, _PIXEL_MB = 700, 5e-3
"""Of a rank without its part of the batch, and for each pixel of that: a YOLOv3-MobileNetV3-large at 160 px in batches
of 8 held 1.7 GB, of which 0.7 before any picture."""
_READER_MB = 200
"""Of each process that makes batches, beside what it shares with its rank: 0.18 GB for batches of 8 at 320 px."""
_TAUGHT = 1.3
"""How much more the trainings of a recipe or fit take, which have a teacher beside them."""
_KINDS_MB = {
    "recipe": 2500,
    "fit": 2500,
    "saliency": 2000,
    "sensitivity": 1500,
    "host": 1500,
    "emulate": 2500,
    "project": 500,
    "sync": 500,
}
_OTHERS_MB = 1000
"""Megabytes that a job is taken to want while no earlier one of its kind in the project tells."""
_LOOKED_AT = 12
"""So many earlier runs of a kind are asked, the newest first."""


def training_by(job: Job) -> TrainJob | None:
    """The training that a job is, or one as it has done in its place, with its settings; None of others."""
    if isinstance(job, TrainJob):
        return job
    if not isinstance(job, RecipeJob | FitJob) or not job.start:
        return None
    start, settings = training_of(Path(job.start)), settings_by(job)
    return None if start is None else start.model_copy(update={"settings": settings})


def settings_by(job: Job) -> TrainSettings | None:
    """How a job trains; None for one that does not."""
    if isinstance(job, TrainJob):
        return job.settings
    if not isinstance(job, RecipeJob | FitJob):
        return None
    own = job.settings if isinstance(job, RecipeJob) else None
    return own or (settings_of(Path(job.start)) if job.start else TrainSettings())


def wanted_mb(job: Job, project: Path | None, readers: int) -> int:
    """Megabytes of all its processes; of a fit, of one trial at a time. `readers` are those of each rank."""
    training, settings = training_by(job), settings_by(job)
    if settings is None:
        return round(_most(_tasks(project, job.kind)) or usual_mb(job.kind))
    if training is None:
        each = _most(_runs(project)) or usual_mb(job.kind)
    else:
        usual = _usual_mb(training) * (1.0 if training is job else _TAUGHT)
        each = max((peak for run in _runs(project) if (peak := _peak(run, training))), default=usual)
    return round(settings.ranks * (each + readers * _READER_MB))


def usual_mb(kind: str) -> int:
    """What a job of that kind is taken to want while nothing else is known."""
    return _KINDS_MB.get(kind, _OTHERS_MB)


def _usual_mb(training: TrainJob) -> float:
    return _ALONE_MB + _PIXEL_MB * training.choice.size**2 * _pictures(training)


def _pictures(training: TrainJob) -> float:
    """How many pictures of a batch each process has."""
    settings = training.settings
    return settings.batch_size / (settings.ranks * max(1, len(settings.nodes)))


def _most(earlier: Iterable[RunFolder]) -> float | None:
    """The most that any process of these held."""
    records = (read_record(each.lock) for each in earlier)
    return max((record.peak_mb for record in records if record is not None and record.peak_mb), default=None)


def _runs(project: Path | None) -> Iterator[RunFolder]:
    if project is not None:
        found = sorted(ProjectFolder(project).runs.glob("[0-9]*"), reverse=True)
        yield from (RunFolder(path) for path in found[:_LOOKED_AT])


def _tasks(project: Path | None, kind: str) -> Iterator[RunFolder]:
    if project is not None:
        tasks = ProjectFolder(project).tasks.glob(f"{kind}-*")
        found = sorted(tasks, key=lambda path: path.stat().st_mtime_ns, reverse=True)
        yield from (RunFolder(path) for path in found[:_LOOKED_AT])


def _peak(earlier: RunFolder, training: TrainJob) -> float | None:
    """What an earlier run's largest process would have held with these pictures; less is not counted on.

    Only what it held for its pictures grows with them: a rank of one picture is mostly Paddle itself.
    """
    record = read_record(earlier.lock)
    if record is None or record.peak_mb is None:
        return None
    try:
        other = read_job(earlier)
    except (UserError, ValidationError):
        return None
    if not isinstance(other, TrainJob) or other.choice.key != training.choice.key:
        return None
    ratio = (training.choice.size / other.choice.size) ** 2 * _pictures(training) / _pictures(other)
    of_pictures = min(record.peak_mb, max(record.peak_mb, _usual_mb(other)) - _ALONE_MB)
    return record.peak_mb + of_pictures * max(0.0, ratio - 1)
