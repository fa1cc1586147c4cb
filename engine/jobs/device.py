"""Where a job computes: what was asked for is resolved, told, and compared with where its checkpoint is from."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from engine.contract.device.choice import AUTO, CPU, HALF, gpu_of, mixes, readers_beside, resolve, resolve_for_ranks
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, paddle_wheel
from engine.contract.recipe import Step
from engine.contract.run.events import DeviceUsed
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.settings import TrainSettings
from engine.contract.system.cores import core_count
from engine.contract.text.messages import Message, UserError
from engine.detector.base.gpus import find_devices, use_device
from engine.detector.base.header import CheckpointInfo, read_info
from engine.recipe.registry import techniques
from engine.run.context import JobContext
from engine.technique.base import Phase


def begin_on(
    asked: str,
    context: JobContext,
    *,
    amp: bool = False,
    only_cpu: Message | None = None,
    ranks: int = 1,
    nodes: int = 0,
) -> DeviceUsed:
    """Compute on the device that was asked for from now on, and tell which one that is.

    `only_cpu` is why the job belongs on the processor whatever was asked. Of several `ranks` each has a GPU of its own,
    on each of the `nodes`. Raises UserError for a GPU that is not to be had.
    """
    found = find_devices() if only_cpu is None and asked != CPU else None
    device, why = (CPU, only_cpu) if found is None else resolve(asked, found)
    if only_cpu is not None and asked not in (AUTO, CPU):
        context.notice("device.only_cpu", asked=asked, why=only_cpu)
    if found is not None and ranks > 1:
        device = resolve_for_ranks(asked, device, ranks, found)
    gpu = gpu_of(device, found) if found is not None else None
    if amp and not mixes(gpu):
        context.notice("device.no_amp", level="warning", least="{}.{}".format(*HALF))
    use_device(device)
    wheel = paddle_wheel() if found is None else found.wheel
    used = DeviceUsed(
        device=device,
        name=gpu.name if gpu is not None else "",
        wheel=f"{wheel.name} {wheel.version}",
        driver=found.driver if gpu is not None and found is not None else "",
        amp=amp and mixes(gpu),
        ranks=ranks * max(1, nodes),
        why=why,
    )
    context.emit(used)
    return used


def readers_of(settings: TrainSettings, used: DeviceUsed) -> int:
    """How many processes make batches, 0 for a thread: as asked, else on a GPU alone, which outruns a thread."""
    if settings.readers or used.device == CPU:
        return settings.readers
    return readers_beside(settings.ranks, core_count())


def place_of(used: DeviceUsed) -> str:
    """What a checkpoint keeps of where it was made: `cpu`, or the name of the GPU."""
    return used.name or used.device


def tell_elsewhere(info: CheckpointInfo, used: DeviceUsed, context: JobContext) -> None:
    """Tell that a resumed run will not end in the same bits: with another device, wheel or number of ranks, and on a
    GPU never."""
    wheels = [f"{name} {info.versions[name]}" for name in (CPU_WHEEL, GPU_WHEEL) if name in info.versions]
    before = (info.device or CPU, *wheels)  # no device is told by those from when there was one only
    now = (place_of(used), used.wheel)
    if info.ranks != used.ranks:
        before, now = (f"{info.ranks} x {before[0]}", *before[1:]), (f"{used.ranks} x {now[0]}", *now[1:])
    if before != now:
        context.notice("device.elsewhere", level="warning", before=", ".join(before), now=", ".join(now))
    elif used.device != CPU:
        context.notice("device.not_exact", device=used.name)


def quantised(path: Path | None, steps: Sequence[Step] = ()) -> Message | None:
    """Why a model belongs on the processor: that it, or what `steps` make of it, is int8 or simulates it.

    `path` is a run or a checkpoint; of what cannot be read nothing is known.
    """
    with contextlib.suppress(UserError):
        steps = [*steps, *(read_info(checkpoint_of(path)).steps if path is not None else ())]
    known = techniques()
    int8 = any(known[step.technique].phase is Phase.QUANTISE for step in steps if step.technique in known)
    return Message(code="device.int8") if int8 else None
