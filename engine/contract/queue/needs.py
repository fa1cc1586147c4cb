"""What a job wants of the machine: cores, memory, and whether it is long work or short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.queue.tickets import Lane
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import (
    BenchJob,
    ExportJob,
    Job,
    PredictJob,
    ProjectJob,
    RecipeJob,
    SaliencyJob,
    SensitivityJob,
    SyncJob,
    TrainJob,
)
from engine.contract.run.lineage import settings_of, training_of
from engine.contract.run.lock import read_record
from engine.contract.run.settings import TrainSettings
from engine.contract.system.cores import core_count
from engine.contract.text.messages import UserError

_LONG = ("train", "recipe", "fit", "sensitivity", "saliency", "int8_errors")
_BENCH_MIN = 5.0
"""A bench that heats a phone for longer than this is long work, though the machine has little of it."""
_ALONE_MB, _PIXEL_MB = 400, 5.5e-3
"""Of a training without its batch, and for each pixel of that: a YOLOv3 at 160 px in batches of 8 took 1.7 GB."""
_TAUGHT = 1.3
"""How much more the trainings of a recipe or fit take, which have a teacher beside them."""
_KINDS_MB = {"recipe": 2500, "fit": 2500, "saliency": 2000, "host": 1500, "emulate": 2500, "project": 500, "sync": 500}
_OTHERS_MB = 1000
"""Megabytes that a job is taken to want while no earlier one of its kind in the project tells."""
_LOOKED_AT = 12
"""So many earlier runs of a kind are asked, the newest first."""


@dataclass(frozen=True)
class Needs:
    """Of one entry; `cores` are at least one."""

    lane: Lane
    cores: int
    memory_mb: int


def needs_of(job: Job, project: Path | None) -> Needs:
    """What a job will want."""
    workers = job.at_once if isinstance(job, FitJob) else 1
    each = _known_mb(job, project) or _usual_mb(job)
    return Needs(_lane(job), max(1, min(_cores(job), core_count())), each * workers)


def project_of(job: Job) -> Path | None:
    """The folder of the project that a job is of; None for one that makes it, or is of none."""
    match job:
        case ProjectJob():
            return None
        case RecipeJob() | FitJob() | SyncJob():
            return Path(job.project)
        case PredictJob():
            return Path(job.run).parent.parent
        case ExportJob():
            return Path(job.index).parent.parent if job.index else None
        case _:
            return Path(job.index).parent.parent


def _lane(job: Job) -> Lane:
    if isinstance(job, BenchJob) and job.sustained_min > _BENCH_MIN:
        return "long"
    return "long" if job.kind in _LONG else "short"


def _cores(job: Job) -> int:
    """Of all that works for the job at once; its number of threads is 0 for all cores."""
    every = core_count()
    match job:
        case TrainJob():
            return _of_a_training(job.settings)
        case RecipeJob():
            return _of_a_training(job.settings or (settings_of(Path(job.start)) if job.start else TrainSettings()))
        case FitJob():
            own = _of_a_training(settings_of(Path(job.start)))
            return job.at_once * max(1, every // job.at_once) if job.at_once > 1 else own
        case SensitivityJob():
            return job.threads or every
        case SaliencyJob() | BenchJob():
            return 1
        case _:
            return every


def _of_a_training(settings: TrainSettings) -> int:
    threads = settings.threads or max(1, core_count() // settings.ranks)
    return settings.ranks * threads + settings.readers


def _usual_mb(job: Job) -> int:
    if isinstance(job, TrainJob):
        return round(job.settings.ranks * _ALONE_MB + _PIXEL_MB * job.choice.size**2 * job.settings.batch_size)
    if isinstance(job, RecipeJob | FitJob) and job.start:
        start = training_of(Path(job.start))
        if start is not None:
            return round(_TAUGHT * _usual_mb(start))
    return _KINDS_MB.get(job.kind, _OTHERS_MB)


def _known_mb(job: Job, project: Path | None) -> int | None:
    """The most that earlier ones of the same kind held, of the same detector, as the project has one."""
    if project is None:
        return None
    kinds = {"train": ("train",), "recipe": ("train",), "fit": ("train",)}.get(job.kind, (job.kind,))
    peaks = [peak for each in _earlier(project, kinds) if (peak := _peak(each, job)) is not None]
    return max(peaks, default=None)


def _earlier(project: Path, kinds: tuple[str, ...]) -> Iterator[RunFolder]:
    folder = ProjectFolder(project)
    if "train" in kinds:
        found = sorted(folder.runs.glob("[0-9]*"), reverse=True)
    else:
        tasks = [task for kind in kinds for task in folder.tasks.glob(f"{kind}-*")]
        found = sorted(tasks, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    yield from (RunFolder(path) for path in found[:_LOOKED_AT])


def _peak(earlier: RunFolder, job: Job) -> int | None:
    record = read_record(earlier.lock)
    if record is None or record.peak_mb is None:
        return None
    if not isinstance(job, TrainJob):
        return record.peak_mb
    try:
        other = read_job(earlier)
    except (UserError, ValidationError):
        return None
    if not isinstance(other, TrainJob) or other.choice.key != job.choice.key:
        return None
    return _scaled(record.peak_mb, other, job)


def _scaled(peak: int, other: TrainJob, job: TrainJob) -> int:
    """What a training of other pictures or of another batch would have held; less is not counted on.

    The peak is that of one process, which has its part of the batch.
    """
    ours, theirs = (each.settings.batch_size / each.settings.ranks for each in (job, other))
    ratio = (job.choice.size / other.choice.size) ** 2 * ours / theirs
    return round(job.settings.ranks * peak * max(1.0, ratio))
