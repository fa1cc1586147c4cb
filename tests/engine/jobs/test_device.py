"""Where a job computes: refused before Paddle is asked, told as an event, compared when it goes on elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.device.found import Devices, Gpu
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, Wheel
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import Recipe, Step
from engine.contract.run.events import DeviceUsed, Event, Notice
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import RecipeJob, RecipePart, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message, UserError
from engine.detector.base.header import CheckpointInfo
from engine.jobs import device
from engine.run.context import JobContext
from engine.run.moving import move

CPU = Devices(wheel=Wheel(name=CPU_WHEEL, version="2.6.2"))
CARD = Gpu(number=0, name="RTX 3060", memory_mb=12000, capability=(8, 6))
WITH_GPU = Devices(
    wheel=Wheel(name=GPU_WHEEL, version="2.6.2"), cuda="11.8", driver="535.1", cudnn="8.6.0", gpus=(CARD,)
)
CHOICE = DetectorChoice(key="k", size=96, classes=("a",))


class Told(list[Event]):
    def codes(self) -> list[str]:
        return [event.message.code for event in self if isinstance(event, Notice)]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def context(tmp_path: Path, told: Told) -> JobContext:
    return JobContext(tmp_path, told.append)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Paddle was told to use; it is not told really."""
    found: list[str] = []
    monkeypatch.setattr(device, "use_device", found.append)
    monkeypatch.setattr(device, "find_devices", lambda: CPU)
    return found


def test_that_a_gpu_that_cannot_be_had_is_refused_before_paddle_is_asked(
    context: JobContext, told: Told, used: list[str]
) -> None:
    with pytest.raises(UserError, match="gpu:0 cannot be used: .*make setup GPU=1"):
        device.begin_on("gpu:0", context)
    assert used == [] and told == []


def test_that_auto_and_mixed_precision_come_down_to_the_processor_in_words(
    context: JobContext, told: Told, used: list[str]
) -> None:
    found = device.begin_on("auto", context, amp=True)
    assert (found.device, found.amp, found.wheel, used) == ("cpu", False, "paddlepaddle 2.6.2", ["cpu"])
    assert found.why is not None and found.why.code == "device.cpu_wheel"
    assert told.codes() == ["device.no_amp"] and told[-1] == found


def test_that_a_gpu_is_taken_and_told_and_int8_is_not_put_there(
    context: JobContext, told: Told, used: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "find_devices", lambda: WITH_GPU)
    found = device.begin_on("auto", context, amp=True)
    assert found == DeviceUsed(
        device="gpu:0", name="RTX 3060", wheel="paddlepaddle-gpu 2.6.2", driver="535.1", amp=True
    )
    old = WITH_GPU.model_copy(update={"gpus": (CARD.model_copy(update={"capability": (6, 1)}),)})
    monkeypatch.setattr(device, "find_devices", lambda: old)
    assert not device.begin_on("gpu:0", context, amp=True).amp and told.codes() == ["device.no_amp"]
    told.clear()
    int8 = device.quantised(None, [Step(technique="quant_post")])
    assert int8 is not None and device.quantised(None, [Step(technique="distill")]) is None
    assert device.begin_on("auto", context, only_cpu=int8).device == "cpu" and told.codes() == []
    assert device.begin_on("gpu:0", context, only_cpu=int8).device == "cpu" and told.codes() == ["device.only_cpu"]
    assert used == ["gpu:0", "gpu:0", "cpu", "cpu"]


@pytest.mark.parametrize(
    ("before", "versions", "now", "codes"),
    [
        ("", {CPU_WHEEL: "2.6.2"}, DeviceUsed(device="cpu", wheel="paddlepaddle 2.6.2"), []),
        ("cpu", {CPU_WHEEL: "2.6.2"}, DeviceUsed(device="cpu", wheel="paddlepaddle 2.6.2"), []),
        ("cpu", {CPU_WHEEL: "2.6.2"}, DeviceUsed(device="cpu", wheel="paddlepaddle-gpu 2.6.2"), ["device.elsewhere"]),
        ("", {CPU_WHEEL: "2.6.1"}, DeviceUsed(device="cpu", wheel="paddlepaddle 2.6.2"), ["device.elsewhere"]),
        ("RTX", {GPU_WHEEL: "2.6.2"}, DeviceUsed(device="cpu", wheel="paddlepaddle-gpu 2.6.2"), ["device.elsewhere"]),
        (
            "RTX",
            {GPU_WHEEL: "2.6.2"},
            DeviceUsed(device="gpu:1", name="RTX", wheel="paddlepaddle-gpu 2.6.2"),
            ["device.not_exact"],
        ),
    ],
)
def test_that_going_on_with_another_device_or_wheel_is_called_not_exact(
    before: str, versions: dict[str, str], now: DeviceUsed, codes: list[str], context: JobContext, told: Told
) -> None:
    device.tell_elsewhere(CheckpointInfo(choice=CHOICE, device=before, versions=versions), now, context)
    assert told.codes() == codes
    assert all("not exact" in event.text for event in told if isinstance(event, Notice))


def test_that_going_on_with_another_number_of_ranks_is_called_not_exact(context: JobContext, told: Told) -> None:
    info = CheckpointInfo(choice=CHOICE, device="cpu", versions={CPU_WHEEL: "2.6.2"}, ranks=2)
    now = DeviceUsed(device="cpu", wheel="paddlepaddle 2.6.2", ranks=2)
    device.tell_elsewhere(info, now, context)
    assert told.codes() == []
    device.tell_elsewhere(info, now.model_copy(update={"ranks": 3}), context)
    assert told.codes() == ["device.elsewhere"]
    assert all("2 x cpu" in event.text and "3 x cpu" in event.text for event in told if isinstance(event, Notice))


def test_that_ranks_are_told_with_the_device_and_have_a_gpu_each(
    context: JobContext, used: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "find_devices", lambda: CPU)
    assert device.begin_on("auto", context, ranks=2, nodes=3).ranks == 6
    monkeypatch.setattr(device, "find_devices", lambda: WITH_GPU)
    with pytest.raises(UserError) as caught:
        device.begin_on("auto", context, ranks=2)
    assert caught.value.message.code == "device.too_few" and used == ["cpu"]


def test_that_what_is_resumed_elsewhere_gets_another_device_and_keeps_the_rest(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    task = folder.new_task("recipe")
    recipe = RecipeJob(project=str(tmp_path), recipe=Recipe(name="r", steps=()), start=str(tmp_path / "gone"))
    RunFolder(task).job.write_text(recipe.model_dump_json())
    part = TrainJob(choice=CHOICE, index="i", limit=7, part=RecipePart(task=task.name, number=1))
    run = folder.new_run("part", job=part.model_dump_json())
    move(task, "cpu")
    moved, of_recipe = read_job(RunFolder(run)), read_job(RunFolder(task))
    assert moved == part.model_copy(update={"settings": part.settings.model_copy(update={"device": "cpu"})})
    assert isinstance(of_recipe, RecipeJob) and of_recipe.settings is not None
    assert (of_recipe.settings.device, of_recipe.fixed) == ("cpu", ())


@pytest.mark.parametrize("words", [["train", "{}"], ["resume", "{}", "1"], ["evaluate", "{}", "1"]])
def test_that_the_command_line_refuses_before_it_makes_anything(
    words: list[str], project: ProjectFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.detector.base.gpus.find_devices", lambda: CPU)
    if words[0] != "train":
        run = project.new_run("old", job=TrainJob(choice=CHOICE, index="i").model_dump_json())
        (run / "checkpoints").mkdir()
        (run / "checkpoints" / "best.safetensors").touch()
    before = sorted(project.runs.glob("*/*"))
    assert main([*(word.format(project.root) for word in words), "--device", "gpu:0"]) == 2
    assert "gpu:0 cannot be used" in capsys.readouterr().err
    assert sorted(project.runs.glob("*/*")) == before


def test_that_the_reason_is_a_message_that_travels() -> None:
    event = DeviceUsed(device="cpu", wheel="w", why=Message(code="device.cpu_wheel"))
    assert DeviceUsed.model_validate_json(event.model_dump_json()) == event


def test_that_batches_for_a_gpu_are_made_by_processes_and_others_by_a_thread_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on = {name: DeviceUsed(device=name, wheel="") for name in ("cpu", "gpu:0")}
    told = []
    for cores in (1, 2, 16):
        monkeypatch.setattr(device, "core_count", lambda cores=cores: cores)
        told.append([device.readers_of(TrainSettings(), on["gpu:0"]), device.readers_of(TrainSettings(), on["cpu"])])
    assert told == [[0, 0], [1, 0], [4, 0]]
    assert {device.readers_of(TrainSettings(readers=3), each) for each in on.values()} == {3}
