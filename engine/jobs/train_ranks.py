"""Rank 0 of a training gathers the others: starts those of this machine, waits for those of others, lets all go."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.device.choice import CPU, usable_gpus
from engine.contract.run.events import DeviceUsed
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import host_and_port, ranks_folder, world_size
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.run.context import JobContext
from engine.run.ranks.meeting import Meeting
from engine.run.ranks.processes import RankProcesses
from engine.run.ranks.store import Store

if TYPE_CHECKING:
    from engine.detector.train.trainer import Trainer

PLAN = "plan.json"


class Plan(BaseModel):
    """What the ranks of a sitting have to know; `devices` are those of the ranks of each machine, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sitting: int
    size: int
    nodes: tuple[str, ...]
    host: str
    port: int
    devices: tuple[str, ...]
    amp: bool


def command_of(run_dir: Path, rank: int) -> list[str]:
    """What starts a rank."""
    return [sys.executable, "-m", "engine.jobs.train_rank", str(run_dir), str(rank)]


@contextlib.contextmanager
def gathered(job: TrainJob, context: JobContext, used: DeviceUsed, trainer: Trainer) -> Iterator[None]:
    """Inside, the trainer is the first of as many ranks as the job asks for, all of which begin at its checkpoint.

    Raises JobFailed where they cannot be brought together.
    """
    ranks, nodes = job.settings.ranks, job.settings.nodes
    size = world_size(ranks, nodes)
    if size == 1 or trainer.position.finished or trainer.position.epoch >= job.settings.epochs:
        yield
        return
    shutil.rmtree(ranks_folder(context.run_dir), ignore_errors=True)  # what an earlier sitting left
    folder = folder_in(context.run_dir, "ranks", str(context.sitting))
    store = _store(nodes)
    plan = Plan(
        sitting=context.sitting,
        size=size,
        nodes=nodes,
        host=store.host,
        port=store.port,
        devices=_devices(used, ranks),
        amp=used.amp,
    )
    meeting = Meeting(folder, 0, size, context.check_cancelled, beating=len(nodes) > 1)
    processes = RankProcesses(context.run_dir, lambda: _stopping(context))
    write_atomically(ranks_folder(context.run_dir) / PLAN, plan.model_dump_json())
    try:
        context.stage("train.gathering", ranks=size)
        processes.start(range(1, ranks), lambda rank: command_of(context.run_dir, rank))
        connect_all(plan, meeting, trainer)
        store.close()
        context.notice("ranks.begun", ranks=size, batch=trainer.reader.batch_size // size)
        yield
    except (Cancelled, JobFailed, UserError) as error:
        meeting.end(error)
        raise
    finally:
        store.close()
        meeting.over()
        processes.close()


def connect_all(plan: Plan, meeting: Meeting, trainer: Trainer) -> None:
    """Wait for all ranks, outside of what has a time limit, and make the trainer one of them."""
    from engine.detector.train.connection import connect
    from engine.detector.train.team import Ranks

    meeting.exchange()
    node, local = divmod(meeting.rank, len(plan.devices))
    own = host_and_port(plan.nodes[node])[0] if plan.nodes else plan.host
    connect(meeting.rank, meeting.size, (plan.host, plan.port), own, plan.devices[local])
    trainer.join(Ranks(meeting, trainer.network))


def read_plan(run_dir: Path) -> Plan | None:
    """What rank 0 of the run has planned; None while it has not."""
    try:
        return Plan.model_validate_json((ranks_folder(run_dir) / PLAN).read_bytes())
    except (OSError, ValidationError):
        return None


def _store(nodes: tuple[str, ...]) -> Store:
    from engine.detector.train.connection import LOOPBACK

    host, port = host_and_port(nodes[0]) if nodes else (LOOPBACK, 0)
    try:
        return Store(host, port)
    except OSError as error:
        raise JobFailed("ranks.no_place", place=f"{host}:{port}", reason=error.strerror or str(error)) from error


def _devices(used: DeviceUsed, ranks: int) -> tuple[str, ...]:
    if used.device == CPU:
        return (CPU,) * ranks
    from engine.detector.base.gpus import find_devices

    return tuple(usable_gpus(find_devices())[:ranks])


def _stopping(context: JobContext) -> bool:
    try:
        context.check_cancelled()
    except Cancelled:
        return True
    return False
