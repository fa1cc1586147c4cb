"""Where to compute: what a person may ask for, why it cannot be had, and what `auto` takes. Each rule once."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from engine.contract.device.found import Devices, Gpu
from engine.contract.text.messages import Message, UserError

AUTO, CPU = "auto", "cpu"
LEAST, MOST = (6, 1), (8, 9)
"""Compute capabilities between which Paddle 2.6.2 has kernels; of what a newer GPU could compile it brings nothing."""
HALF = (7, 0)
"""The least compute capability with which Paddle mixes precisions; below it says so to nobody and does not."""
_READERS = 4
"""Processes that make batches for a GPU, if there are as many cores beside the one that drives it."""
_ONE = re.compile(r"auto|cpu|gpu:(0|[1-9][0-9]?)")


def _check(name: str) -> str:
    if not _ONE.fullmatch(name):
        raise ValueError("device.unknown")  # a code, which has its sentence
    return name


DeviceName = Annotated[str, AfterValidator(_check)]
"""`auto`, `cpu` or `gpu:N`."""


def no_gpu_at_all(found: Devices) -> Message | None:
    """Why none of the GPUs can be used, be there some or not; None if that is a question of each."""
    if not found.wheel.gpu:
        return Message(code="device.cpu_wheel")
    if found.problem:
        return Message(code="device.not_probed", args={"reason": found.problem})
    if not found.gpus:
        return Message(code="device.no_gpu" if found.driver else "device.no_driver", args={"driver": found.driver})
    if not found.cudnn:
        return no_cudnn(found)
    return None


def no_cudnn(found: Devices) -> Message:
    """What to say where cuDNN cannot be loaded."""
    return Message(code="device.no_cudnn", args={"cuda": found.cuda, "reason": found.cudnn_trouble or "-"})


def gpu_trouble(gpu: Gpu) -> Message | None:
    """Why this GPU cannot be used; None if it can."""
    if not LEAST <= gpu.capability <= MOST:
        limits = {"least": "{}.{}".format(*LEAST), "most": "{}.{}".format(*MOST)}
        return Message(code="device.capability", args={"name": gpu.name, "capability": gpu.generation, **limits})
    if gpu.trouble is not None:
        return Message(code="device.fails", args={"name": gpu.name, "reason": gpu.trouble})
    return None


def trouble_with(device: str, found: Devices) -> Message | None:
    """Why a `gpu:N` cannot be used; None if it can."""
    if (why := no_gpu_at_all(found)) is not None:
        return why
    gpu = gpu_of(device, found)
    if gpu is None:
        known = ", ".join(gpu.device for gpu in found.gpus)
        return Message(code="device.no_such", args={"device": device, "known": known})
    return gpu_trouble(gpu)


def mixes(gpu: Gpu | None) -> bool:
    """Whether precision can be mixed there; None is the processor."""
    return gpu is not None and gpu.capability >= HALF


def gpu_of(device: str, found: Devices) -> Gpu | None:
    """The GPU of that name."""
    return next((gpu for gpu in found.gpus if gpu.device == device), None)


def resolve(asked: str, found: Devices) -> tuple[str, Message | None]:
    """The device to use, `cpu` or `gpu:N`; and where `auto` found no GPU, why not.

    Raises UserError for a GPU that was asked for by number and cannot be had.
    """
    if asked == CPU:
        return CPU, None
    if asked != AUTO:
        if (why := trouble_with(asked, found)) is not None:
            raise UserError("device.refused", device=asked, why=why)
        return asked, None
    if (why := no_gpu_at_all(found)) is not None:
        return CPU, why
    reasons = [gpu_trouble(gpu) for gpu in found.gpus]
    usable = [gpu.device for gpu, reason in zip(found.gpus, reasons, strict=True) if reason is None]
    return (usable[0], None) if usable else (CPU, reasons[0])


def resolve_for_ranks(asked: str, device: str, ranks: int, found: Devices) -> str:
    """The device of the first of several ranks where `device` is that of one; the next ranks take the next GPUs.

    On the processor any number of them can be. Raises UserError where there are fewer GPUs than ranks.
    """
    if device == CPU:
        return CPU
    if asked != AUTO:
        raise UserError("device.one_for_ranks", device=asked, ranks=ranks)
    usable = usable_gpus(found)
    if len(usable) < ranks:
        raise UserError("device.too_few", ranks=ranks, usable=len(usable))
    return usable[0]


def usable_gpus(found: Devices) -> list[str]:
    """The GPUs that can be used, by number."""
    return [gpu.device for gpu in found.gpus if gpu_trouble(gpu) is None]


def readers_beside(ranks: int, cores: int) -> int:
    """How many processes make batches for each of so many ranks that train on GPUs, if nobody says."""
    return max(0, min(_READERS, cores // ranks - 1))
