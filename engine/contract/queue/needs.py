"""What a job wants of a machine: cores, memory, GPUs, and whether it is long work or short."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.contract.device.choice import AUTO, CPU, readers_beside
from engine.contract.device.wheel import paddle_wheel
from engine.contract.fit.job import FitJob
from engine.contract.queue.memory import settings_by, usual_mb, wanted_mb
from engine.contract.queue.tickets import Lane
from engine.contract.run.job import (
    BenchJob,
    EvaluateJob,
    ExportJob,
    Job,
    PredictJob,
    ProjectJob,
    RecipeJob,
    SaliencyJob,
    SensitivityJob,
    SyncJob,
)
from engine.contract.run.settings import TrainSettings
from engine.contract.system.cores import core_count
from engine.contract.system.gpus import gpu_count

_LONG = ("train", "recipe", "fit", "sensitivity", "saliency", "int8_errors")
_BENCH_MIN = 5.0
"""A bench that heats a phone for longer than this is long work, though the machine has little of it."""


@dataclass(frozen=True)
class Needs:
    """Of one entry; `cores` are at least one. `gpus` are called as CUDA_VISIBLE_DEVICES calls them."""

    lane: Lane
    cores: int
    memory_mb: int
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share:
    """What a job takes of the machine that does it, whichever that is; `gpus` if it finds them there."""

    cores: int
    memory_mb: int
    gpus: int


def needs_of(job: Job, project: Path | None) -> Needs:
    """What a job will want of this machine.

    On a GPU the trials of a fit are trained one after the other. A fit whose trainings a fleet does elsewhere wants
    what it does here itself: saliency, times, the file.
    """
    if isinstance(job, FitJob) and job.elsewhere:
        return Needs(_lane(job), 1, usual_mb("saliency"))
    every, gpus = core_count(), gpus_of(job)
    one = share_of(job, project, every, gpu=bool(gpus))
    at_once = job.at_once if isinstance(job, FitJob) and (job.fleet is not None or not gpus) else 1
    return Needs(_lane(job), min(at_once * one.cores, every), at_once * one.memory_mb, gpus)


def share_of(job: Job, project: Path | None, idle: int, *, gpu: bool) -> Share:
    """What a job takes of a machine; of a fit, one trial. `idle` cores are had by what takes as many as there are;
    `gpu` tells whether it may find a GPU."""
    settings = settings_by(job)
    on_gpu = gpu and device_of(job) != CPU
    ranks = settings.ranks if settings is not None else 1
    readers = _readers(settings, idle if on_gpu else 0) if settings is not None else 0
    cores = _cores(job, idle) if settings is None else ranks * (_threads(job, settings, idle) + readers)
    return Share(max(1, cores), wanted_mb(job, project, readers), ranks * on_gpu)


def device_of(job: Job) -> str:
    """Where a job is asked to compute, as settings name it."""
    settings = settings_by(job)
    if settings is not None:
        return settings.device
    return job.device if isinstance(job, EvaluateJob | PredictJob) else CPU


def gpus_of(job: Job) -> tuple[str, ...]:
    """The GPUs of this machine that a job may hold, as CUDA_VISIBLE_DEVICES calls them: of what looks for itself, the
    first."""
    device = device_of(job)
    if device == CPU or not (paddle_wheel().gpu and gpu_count()):
        return ()
    if device != AUTO:
        return (_called(int(device.partition(":")[2])),)
    settings = settings_by(job)
    ranks = settings.ranks if settings is not None else 1
    side_by_side = job.at_once if isinstance(job, FitJob) and job.fleet is not None else 1
    return tuple(map(_called, range(ranks * side_by_side)))


def every_gpu() -> tuple[str, ...]:
    """All of this machine's that may be named, each by whatever name."""
    return tuple({*map(str, range(gpu_count())), *_given()})


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


def _cores(job: Job, idle: int) -> int:
    match job:
        case SensitivityJob():
            return job.threads or idle
        case SaliencyJob() | BenchJob():
            return 1
        case _:
            return idle


def _threads(job: Job, settings: TrainSettings, idle: int) -> int:
    """Of each rank; trials side by side share the cores between them, whatever their settings say."""
    if isinstance(job, FitJob) and job.at_once > 1:
        return max(1, idle // job.at_once)
    return settings.threads or max(1, idle // settings.ranks)


def _readers(settings: TrainSettings, idle: int) -> int:
    """Of each rank; `idle` are the cores that those for a GPU are taken from."""
    return settings.readers or readers_beside(settings.ranks, idle)


def _called(number: int) -> str:
    """A GPU that Paddle counts so, as CUDA_VISIBLE_DEVICES names it."""
    given = _given()
    return given[number] if number < len(given) else str(number)


def _given() -> list[str]:
    return [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
