"""Rank 0 of a training gathers the others: starts those of this machine, waits for those of others, lets all go."""

from __future__ import annotations

import contextlib
import importlib.metadata
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.contract.device.choice import CPU, usable_gpus
from engine.contract.device.wheel import paddle_wheel
from engine.contract.run.events import DeviceUsed
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import Plan, host_and_port, plan_file, ranks_folder, world_size
from engine.contract.system.cores import core_count
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.system.interfaces import LOOPBACK, is_loopback
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.run.context import JobContext
from engine.run.ranks.meeting import Meeting
from engine.run.ranks.processes import RankProcesses, command_of
from engine.run.ranks.store import Store

_ALIKE = ("espalier", "paddledet", "paddleslim")
"""What must be of the same version on all machines, as must Paddle."""

if TYPE_CHECKING:
    from engine.contract.dataset import Index
    from engine.detector.train.trainer import Trainer


@contextlib.contextmanager
def gathered(job: TrainJob, context: JobContext, used: DeviceUsed, trainer: Trainer, data: Index) -> Iterator[None]:
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
        if used.device == CPU and ranks > core_count():
            context.notice("ranks.crowded", level="warning", ranks=ranks, cores=core_count())
        _call(nodes, context)
        processes.start(range(1, ranks), lambda rank: command_of(context.run_dir, rank))
        connect_all(plan, meeting, trainer, data)
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


def _call(nodes: tuple[str, ...], context: JobContext) -> None:
    """Tell what is to be typed on each other machine."""
    run = context.run_dir
    for number, address in enumerate(nodes[1:], 1):
        context.notice("ranks.call", address=address, project=str(run.parent.parent), run=run.name, number=number)


def connect_all(plan: Plan, meeting: Meeting, trainer: Trainer, data: Index) -> None:
    """Wait for all ranks, outside of what has a time limit, and make the trainer one of them.

    Raises UserError where one has other programs or data than the first, with which a step could not be shared.
    """
    from engine.detector.train.connection import connect
    from engine.detector.train.team import Ranks

    own = _alike(data)
    for rank, theirs in enumerate(meeting.exchange(own)):
        for what, ours in own.items():
            if theirs.get(what) != ours:
                told = {"what": what, "ours": ours, "theirs": theirs.get(what, "-")}
                raise UserError("ranks.differ", first=meeting.rank, second=rank, **told)
    node, local = divmod(meeting.rank, len(plan.devices))
    host = host_and_port(plan.nodes[node])[0] if plan.nodes else plan.host
    connect(meeting.rank, meeting.size, (plan.host, plan.port), host, plan.devices[local])
    trainer.join(Ranks(meeting, trainer.network))


def _alike(data: Index) -> dict[str, str]:
    """What must be the same for all ranks."""
    found = {"paddle": paddle_wheel().version, "data": data.content_hash()}
    for package in _ALIKE:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _store(nodes: tuple[str, ...]) -> Store:
    host, port = host_and_port(nodes[0]) if nodes else (LOOPBACK, 0)
    if is_loopback(host) and not all(is_loopback(host_and_port(node)[0]) for node in nodes):
        raise UserError("ranks.loopback", address=nodes[0])
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
