"""The devices in the form of a training: what was found, or why no GPU was, and what was chosen before."""

from __future__ import annotations

from engine.contract.device.found import Devices, Gpu
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, Wheel
from engine.contract.run.events import DeviceUsed
from engine.contract.text.messages import Message
from studio.presenters.train.device_choice import device_field, device_line

GPU = Wheel(name=GPU_WHEEL, version="2.6.2")
CARD = Gpu(number=0, name="RTX 3060", memory_mb=12_300, capability=(8, 6))
NEW = Gpu(number=1, name="H100", memory_mb=80_000, capability=(9, 0))
TWO = Devices(wheel=GPU, cuda="11.8", driver="535.1", cudnn="8.6.0", gpus=(CARD, NEW))


def test_that_usable_gpus_are_offered_and_the_others_explained() -> None:
    field = device_field(TWO, "auto")
    assert field["enum"] == ["auto", "cpu", "gpu:0"]
    assert field["labels"]["gpu:0"]["en"] == "gpu:0: RTX 3060, 12.3 GB"
    assert "compute capability 8.6, driver 535.1" in field["description"]
    assert "Not gpu:1: H100 has compute capability 9.0" in field["description"]
    assert "H100" in field["zh"] and field["zh"] != field["description"]


def test_that_without_a_gpu_it_says_why_and_keeps_what_was_chosen() -> None:
    cpu = Devices(wheel=Wheel(name=CPU_WHEEL, version="2.6.2"))
    field = device_field(cpu, "gpu:1")
    assert field["enum"] == ["auto", "cpu", "gpu:1"] and "not found" in field["labels"]["gpu:1"]["en"]
    assert "make setup GPU=1" in field["description"]
    assert "No GPU" not in device_field(None, "auto")["description"], "nothing is known yet"


def test_that_a_run_tells_where_it_trained() -> None:
    card = DeviceUsed(device="gpu:0", name="RTX 3060", wheel="w")
    assert device_line(card) == "On gpu:0, RTX 3060"
    assert device_line(card.model_copy(update={"amp": True})).endswith("mixed precision")
    plain = DeviceUsed(device="cpu", wheel="w", why=Message(code="device.cpu_wheel"))
    assert device_line(plain) == "On the processor"
    assert "int8" in device_line(plain.model_copy(update={"why": Message(code="device.int8")}))
