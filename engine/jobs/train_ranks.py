"""Rank 0 of a training gathers the others: starts those of this machine, waits for those of others, lets all go."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.contract.device.choice import CPU, usable_gpus
from engine.contract.run.events import DeviceUsed
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import Plan, host_and_port, plan_file, ranks_folder, world_size
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.system.interfaces import LOOPBACK
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.run.context import JobContext
from engine.run.ranks.meeting import Meeting
from engine.run.ranks.processes import RankProcesses, command_of
from engine.run.ranks.store import Store

if TYPE_CHECKING:
    from engine.detector.train.trainer import Trainer


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
    store = _store(nodes)
    plan = _plan(job, context, used, store)
    meeting = Meeting(plan.folder(context.run_dir), 0, size, context.check_cancelled, beating=len(nodes) > 1)
    processes = RankProcesses(context.run_dir, lambda: _stopping(context))
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
        if not nodes:  # ranks elsewhere have still to read that it is over
            shutil.rmtree(ranks_folder(context.run_dir), ignore_errors=True)


def _plan(job: TrainJob, context: JobContext, used: DeviceUsed, store: Store) -> Plan:
    """What the others go by, written where they look for it; what an earlier sitting left there is taken away."""
    shutil.rmtree(ranks_folder(context.run_dir), ignore_errors=True)
    ranks, nodes = job.settings.ranks, job.settings.nodes
    plan = Plan(
        sitting=context.sitting,
        size=world_size(ranks, nodes),
        nodes=nodes,
        host=store.host,
        port=store.port,
        devices=_devices(used, ranks),
        amp=used.amp,
    )
    folder_in(context.run_dir, "ranks", str(context.sitting))
    write_atomically(plan_file(context.run_dir), plan.model_dump_json())
    return plan


def connect_all(plan: Plan, meeting: Meeting, trainer: Trainer) -> None:
    """Wait for all ranks, outside of what has a time limit, and make the trainer one of them."""
    from engine.detector.train.connection import connect
    from engine.detector.train.team import Ranks

    meeting.exchange()
    node, local = divmod(meeting.rank, len(plan.devices))
    own = host_and_port(plan.nodes[node])[0] if plan.nodes else plan.host
    connect(meeting.rank, meeting.size, (plan.host, plan.port), own, plan.devices[local])
    trainer.join(Ranks(meeting, trainer.network))


def _store(nodes: tuple[str, ...]) -> Store:
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
        context.check_stopped()
    except Cancelled:
        return True
    return False
