"""The devices that a training can be put on, as a field of its form: what was found, or why no GPU was."""

from __future__ import annotations

from typing import Any

from engine.contract.device.choice import AUTO, CPU, gpu_trouble, no_gpu_at_all
from engine.contract.device.found import Devices, Gpu
from engine.contract.run.events import DeviceUsed
from engine.contract.text.messages import Argument, Message
from studio.i18n import text_of, tr


def device_field(found: Devices | None, chosen: str) -> dict[str, Any]:
    """What the settings' schema cannot know of the field `device`: its choices, their names, and what was found.

    What was `chosen` is among them, be it there or not.
    """
    named = {AUTO: "studio.train.device_auto", CPU: "studio.train.device_cpu"}
    labels = {device: Message(code=code).texts() for device, code in named.items()}
    lines = [Message(code="studio.train.device_help")]
    none = no_gpu_at_all(found) if found is not None else None
    if none is not None:
        lines.append(Message(code="studio.train.device_none", args={"why": none}))
    for gpu in found.gpus if found is not None and none is None else ():
        trouble = gpu_trouble(gpu)
        if trouble is None:
            labels[gpu.device] = Message(code="studio.train.device_gpu", args=_told(gpu, found)).texts()
        lines.append(_line(gpu, found, trouble))
    if chosen not in labels:
        labels[chosen] = Message(code="studio.train.device_gone", args={"device": chosen}).texts()
    help_texts = [line.texts() for line in lines]
    return {
        "enum": list(labels),
        "labels": labels,
        "description": "\n".join(texts["en"] for texts in help_texts),
        "zh": "\n".join(texts["zh"] for texts in help_texts),
    }


def _line(gpu: Gpu, found: Devices | None, trouble: Message | None) -> Message:
    if trouble is not None:
        return Message(code="studio.train.device_no", args={"device": gpu.device, "why": trouble})
    return Message(code="studio.train.device_found", args=_told(gpu, found))


def _told(gpu: Gpu, found: Devices | None) -> dict[str, Argument | Message]:
    return {
        "device": gpu.device,
        "name": gpu.name,
        "memory": f"{gpu.memory_mb / 1000:.1f}",
        "capability": gpu.generation,
        "driver": found.driver if found is not None and found.driver else "-",
    }


def device_line(used: DeviceUsed) -> str:
    """Where a run trained, for its details: the GPU, or the processor, and why that if a GPU might have been taken."""
    if used.device == CPU:
        if used.why is None or used.why.code == "device.cpu_wheel":
            return tr("studio.train.line_cpu")
        return tr("studio.train.line_cpu_why", why=text_of(used.why))
    return tr("studio.train.line_gpu_amp" if used.amp else "studio.train.line_gpu", device=used.device, name=used.name)
