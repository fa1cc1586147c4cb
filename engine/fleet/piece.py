"""What a fleet is given, a run folder with what its work needs, and what a fleet has: nodes, which hold so much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.device.choice import AUTO, CPU
from engine.contract.queue.memory import settings_by
from engine.contract.queue.needs import device_of, project_of, share_of
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import Job
from engine.contract.text.messages import UserError


@dataclass(frozen=True)
class Demand:
    """What a piece of work occupies of a node while it is at work, all of its ranks together."""

    cores: int = 1
    memory_mb: int = 0
    gpus: int = 0
    ranks: int = 1


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

    def without(self, busy: Iterable[Demand]) -> Node:
        """What is left of it beside what is at work."""
        cores, memory, gpus = self.cores, self.memory_mb, self.gpus
        for each in busy:
            cores, memory, gpus = cores - each.cores, memory - each.memory_mb, gpus - each.gpus
        return Node(self.name, cores, memory, gpus)


def piece_of(run: Path, nodes: Sequence[Node]) -> Piece:
    """A run folder with what its job says that it needs; raises UserError for a GPU by number, or a bad job.

    Memory is an estimate: where no node has as much, the whole of one is asked for, and the work tells the truth.
    """
    job = read_job(RunFolder(run))
    _refuse_device(job)
    share = share_of(job, project_of(job), 1, gpu=_may_find_gpu(job, nodes))
    most = max((node.memory_mb for node in nodes), default=share.memory_mb)
    settings = settings_by(job)
    ranks = settings.ranks if settings is not None else 1
    return Piece(RunFolder(run).root, Demand(share.cores, min(share.memory_mb, most), share.gpus, ranks))


def refuse(piece: Piece, nodes: Sequence[Node]) -> None:
    """Raises UserError for what would wait for ever, since no node has as much; SLURM says so itself."""
    if not nodes or any(node.holds(piece.demand) for node in nodes):
        return
    demand, name = piece.demand, piece.run.name
    if demand.gpus > (most := max(node.gpus for node in nodes)):
        code = "fleet.too_many_gpus" if demand.ranks == 1 or not most else "fleet.too_many_gpu_ranks"
        raise UserError(code, run=name, asked=demand.gpus, most=most)
    if demand.cores > (most := max(node.cores for node in nodes)):
        raise _too_many_cores(demand, name, most)
    if demand.memory_mb > (most := max(node.memory_mb for node in nodes)):
        raise UserError("fleet.too_much_memory", run=name, asked=demand.memory_mb, most=most)
    raise UserError("fleet.not_together", run=name, cores=demand.cores, memory=demand.memory_mb, gpus=demand.gpus)


def _too_many_cores(demand: Demand, name: str, most: int) -> UserError:
    """By ranks, if fewer of them fit as they are; else by threads."""
    fit = most * demand.ranks // demand.cores
    if demand.ranks > 1 and fit:
        return UserError("fleet.too_many_ranks", run=name, asked=demand.cores, most=most, ranks=demand.ranks, fit=fit)
    threads = max(1, most // demand.ranks)
    return UserError("fleet.too_many_cores", run=name, asked=demand.cores, most=most, threads=threads)


def _refuse_device(job: Job) -> None:
    settings, device = settings_by(job), device_of(job)
    if settings is not None and settings.nodes:
        raise UserError("fleet.has_nodes")
    if device not in (AUTO, CPU, "gpu:0"):
        raise UserError("fleet.which_gpu", device=device)


def _may_find_gpu(job: Job, nodes: Sequence[Node]) -> bool:
    """Whoever asks for one by name waits for it; a fleet gives those that are free, from gpu:0 on."""
    return device_of(job) != AUTO or any(node.gpus for node in nodes)
