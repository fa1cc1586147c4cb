"""Processor, memory and GPUs as meters: a short name, how full, a number, and what a tooltip says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.system.usage import GpuUsage, Usage
from studio.i18n import tr


@dataclass(frozen=True)
class Meter:
    """One meter: `share` and the part of it that is `ours`, both from 0 to 1; `text` its number, `tip` all of it.

    `scarce` where so little is left that what comes next may fail.
    """

    name: str
    share: float
    ours: float
    text: str
    tip: str
    scarce: bool = False


NEARLY_FULL = 0.92
"""Share of the memory from which on a new job may be killed for want of it."""


def meters(usage: Usage | None, gpus: Sequence[GpuUsage]) -> list[Meter]:
    """The meters that there is something to show on, in the order in which they are shown."""
    shown = [] if usage is None else [*_processor(usage), _memory(usage)]
    return [*shown, *(_gpu(number, gpu, len(gpus)) for number, gpu in enumerate(gpus))]


def _processor(usage: Usage) -> list[Meter]:
    if usage.processor is None:
        return []
    text, ours, others = _percent(usage.processor), usage.ours or 0.0, usage.others or 0.0
    tip = tr("studio.queue.meter_cpu_tip", share=text, ours=_percent(ours), others=_percent(others))
    return [Meter(tr("studio.queue.meter_cpu"), usage.processor, ours, text, tip)]


def _memory(usage: Usage) -> Meter:
    share = usage.memory / max(1, usage.memory_total)
    ours = min(usage.memory, usage.memory_ours)
    tip = tr(
        "studio.queue.meter_memory_tip",
        used=_gigabytes(usage.memory), total=_gigabytes(usage.memory_total),
        ours=_gigabytes(ours), free=_gigabytes(usage.memory_total - usage.memory),
    )  # fmt: skip
    part = ours / max(1, usage.memory_total)
    return Meter(tr("studio.queue.meter_memory"), share, part, _percent(share), tip, share >= NEARLY_FULL)


def _gpu(number: int, gpu: GpuUsage, count: int) -> Meter:
    name = "GPU" if count == 1 else f"GPU {number}"
    used, total = _gigabytes(gpu.memory), _gigabytes(gpu.memory_total)
    tip = tr("studio.queue.meter_gpu_tip", name=name, share=_percent(gpu.busy), used=used, total=total)
    return Meter(name, gpu.busy, 0.0, _percent(gpu.busy), tip)  # whose work it is the driver does not tell


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
