"""What a fleet is given, a run folder with what its work needs, and what a fleet has: nodes, which hold so much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.device.choice import AUTO, CPU
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import Job, RecipeJob, SensitivityJob, TrainJob
from engine.contract.run.lineage import settings_of, training_of
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError

_BASE_MB = 700
_BYTES_A_PIXEL = 5000
"""What a training takes: a YOLOv3-MobileNetV3-large at 160 px in batches of 8 held 1.7 GB, of which 0.7 before any
picture."""
_OTHER_MB = 1500


@dataclass(frozen=True)
class Demand:
    """What a piece of work occupies of a node while it is at work."""

    cores: int = 1
    memory_mb: int = 0
    gpus: int = 0


@dataclass(frozen=True)
class Piece:
    """A run folder that has its job.json, and what its work needs."""

    run: Path
    demand: Demand


@dataclass(frozen=True)
class Node:
    """A machine of a fleet, or what of one the fleet may use."""

    name: str
    cores: int
    memory_mb: int
    gpus: int = 0

    def holds(self, demand: Demand) -> bool:
        """Whether a piece of work fits while nothing else is there."""
        return demand.cores <= self.cores and demand.memory_mb <= self.memory_mb and demand.gpus <= self.gpus


def piece_of(run: Path, nodes: Sequence[Node]) -> Piece:
    """A run folder with what its job says that it needs; raises UserError for a GPU by number, or a bad job.

    Memory is an estimate: where no node has as much, the whole of one is asked for, and the work tells the truth.
    """
    job = read_job(RunFolder(run))
    settings = _settings(job)
    most = max((node.memory_mb for node in nodes), default=0)
    memory = _memory_mb(job, settings)
    demand = Demand(max(1, _threads(job, settings)), min(memory, most) if nodes else memory, _gpus(job, nodes))
    return Piece(RunFolder(run).root, demand)


def refuse(piece: Piece, nodes: Sequence[Node]) -> None:
    """Raises UserError for what would wait for ever, since no node has as much; SLURM says so itself."""
    if not nodes or any(node.holds(piece.demand) for node in nodes):
        return
    demand, name = piece.demand, piece.run.name
    if demand.gpus > (most := max(node.gpus for node in nodes)):
        raise UserError("fleet.too_many_gpus", run=name, asked=demand.gpus, most=most)
    if demand.cores > (most := max(node.cores for node in nodes)):
        raise UserError("fleet.too_many_cores", run=name, asked=demand.cores, most=most)
    if demand.memory_mb > (most := max(node.memory_mb for node in nodes)):
        raise UserError("fleet.too_much_memory", run=name, asked=demand.memory_mb, most=most)
    raise UserError("fleet.not_together", run=name, cores=demand.cores, memory=demand.memory_mb, gpus=demand.gpus)


def _settings(job: Job) -> TrainSettings | None:
    if isinstance(job, TrainJob):
        return job.settings
    if isinstance(job, RecipeJob):
        return job.settings or (settings_of(Path(job.start)) if job.start else TrainSettings())
    return None


def _threads(job: Job, settings: TrainSettings | None) -> int:
    if isinstance(job, SensitivityJob):
        return job.threads
    return max(1, settings.threads) * settings.ranks + settings.readers if settings is not None else 1


def _memory_mb(job: Job, settings: TrainSettings | None) -> int:
    training = job if isinstance(job, TrainJob) else None
    if isinstance(job, RecipeJob) and job.start:
        training = training_of(Path(job.start))
    if training is None or settings is None:
        return _OTHER_MB
    return _BASE_MB + round(_BYTES_A_PIXEL * training.choice.size**2 * settings.batch_size / 1e6)


def _gpus(job: Job, nodes: Sequence[Node]) -> int:
    """One for each rank that may train on a GPU, if there is any; a fleet gives those that are free, from gpu:0 on."""
    settings = _settings(job)
    if settings is not None and settings.nodes:
        raise UserError("fleet.has_nodes")
    ranks = settings.ranks if settings is not None else 1
    device = settings.device if settings is not None else CPU
    if device == AUTO:
        return ranks * any(node.gpus for node in nodes)
    if device not in (CPU, "gpu:0"):
        raise UserError("fleet.which_gpu", device=device)
    return ranks * (device != CPU)
