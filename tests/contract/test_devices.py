"""Where to compute: what may be asked for, what it becomes over what a probe found, and each refusal in a sentence."""

from __future__ import annotations

import json

import pytest

from engine.contract.device.choice import resolve, resolve_for_ranks, usable_gpus
from engine.contract.device.found import Devices, Gpu
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, Wheel, package_versions, paddle_wheel
from engine.contract.run.job import EvaluateJob, TrainJob, parse_job
from engine.contract.run.settings import TrainSettings, read_settings
from engine.contract.text.messages import UserError

CPU = Devices(wheel=Wheel(name=CPU_WHEEL, version="2.6.2"))
BARE = Devices(wheel=Wheel(name=GPU_WHEEL, version="2.6.2"), cuda="11.8")
OLD = Gpu(number=0, name="GTX 960", memory_mb=4000, capability=(5, 2))
GOOD = Gpu(number=1, name="RTX 3060", memory_mb=12000, capability=(8, 6))
NEW = Gpu(number=2, name="H100", memory_mb=80000, capability=(9, 0))
BROKEN = Gpu(number=3, name="RTX 2080", memory_mb=8000, capability=(7, 5), trouble="libnvrtc.so is missing (-6)")
FULL = BARE.model_copy(update={"driver": "535.1", "cudnn": "8.6.0", "gpus": (OLD, GOOD, NEW, BROKEN)})


def but(**changes: object) -> Devices:
    return FULL.model_copy(update=changes)


@pytest.mark.parametrize(
    ("device", "found", "code", "said"),
    [
        ("gpu:0", CPU, "device.cpu_wheel", "make setup GPU=1"),
        ("gpu:0", BARE.model_copy(update={"problem": "killed (-9)"}), "device.not_probed", "killed (-9)"),
        ("gpu:0", BARE, "device.no_driver", "no NVIDIA driver"),
        ("gpu:0", but(gpus=()), "device.no_gpu", "535.1"),
        ("gpu:1", but(cudnn="", cudnn_trouble="libcudnn.so: no such file"), "device.no_cudnn", "cuDNN 8 for CUDA 11.8"),
        ("gpu:7", FULL, "device.no_such", "gpu:0, gpu:1, gpu:2, gpu:3"),
        ("gpu:0", FULL, "device.capability", "5.2"),
        ("gpu:2", FULL, "device.capability", "6.1 to 8.9"),
        ("gpu:3", FULL, "device.fails", "libnvrtc.so"),
    ],
)
def test_that_a_gpu_that_cannot_be_had_is_refused_in_one_sentence(
    device: str, found: Devices, code: str, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        resolve(device, found)
    message = caught.value.message
    why = message.args["why"]
    assert not isinstance(why, (str, int, float)) and why.code == code
    assert said in message.text() and device in message.text() and "\n" not in message.text()
    assert message.text("zh") != message.text()


@pytest.mark.parametrize(
    ("asked", "found", "device", "why"),
    [
        ("cpu", FULL, "cpu", None),
        ("gpu:1", FULL, "gpu:1", None),
        ("auto", FULL, "gpu:1", None),
        ("auto", CPU, "cpu", "device.cpu_wheel"),
        ("auto", BARE, "cpu", "device.no_driver"),
        ("auto", but(gpus=(NEW, BROKEN)), "cpu", "device.capability"),
        ("auto", but(gpus=(BROKEN,)), "cpu", "device.fails"),
    ],
)
def test_that_auto_takes_the_first_gpu_that_can_be_used_and_else_says_why_not(
    asked: str, found: Devices, device: str, why: str | None
) -> None:
    taken, reason = resolve(asked, found)
    assert (taken, reason.code if reason is not None else None) == (device, why)


def test_that_ranks_take_a_gpu_each_or_are_refused() -> None:
    two = but(gpus=(OLD, GOOD, GOOD.model_copy(update={"number": 4})))
    assert usable_gpus(two) == ["gpu:1", "gpu:4"]
    assert resolve_for_ranks("auto", "gpu:1", 2, two) == "gpu:1"
    assert resolve_for_ranks("auto", "cpu", 8, CPU) == "cpu"
    for asked, ranks, code in (("auto", 3, "device.too_few"), ("gpu:1", 2, "device.one_for_ranks")):
        with pytest.raises(UserError) as caught:
            resolve_for_ranks(asked, "gpu:1", ranks, two)
        assert caught.value.message.code == code and str(ranks) in caught.value.message.text()


def test_that_settings_and_jobs_from_before_mean_the_same_and_others_are_read() -> None:
    old = {"epochs": 3, "batch_size": 4, "learning_rate": 0.01, "ema": 0.0}
    assert TrainSettings.model_validate(old) == TrainSettings(epochs=3, batch_size=4, learning_rate=0.01)
    job = {"kind": "train", "format": 1, "choice": {"key": "k", "size": 96, "classes": ["a"]}, "index": "i"}
    opened = parse_job(json.dumps({**job, "settings": old}))
    assert isinstance(opened, TrainJob) and (opened.settings.device, opened.settings.amp) == ("auto", False)
    evaluation = parse_job('{"kind": "evaluate", "run": "r", "index": "i"}')
    assert isinstance(evaluation, EvaluateJob) and evaluation.device == "auto"
    told = read_settings(["device=gpu:1", "amp=true"], {})
    assert (told.device, told.amp) == ("gpu:1", True)


@pytest.mark.parametrize("word", ["gpu", "cuda:0", "gpu:-1", "gpu:01", "GPU:0", ""])
def test_that_a_word_that_is_no_device_is_refused_with_those_that_are(word: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings([f"device={word}"], {})
    assert "none of auto, cpu, gpu:0" in str(caught.value)
    assert "auto、cpu、gpu:0" in caught.value.message.text("zh")


def test_that_versions_go_by_the_wheel_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = paddle_wheel()
    assert wheel.version == "2.6.2" and not wheel.doubled
    assert list(package_versions((CPU_WHEEL, "paddledet"))) == [wheel.name, "paddledet"]
    both = {CPU_WHEEL: "2.6.1", GPU_WHEEL: "2.6.2"}
    monkeypatch.setattr("engine.contract.device.wheel.version", both.__getitem__)
    assert paddle_wheel() == Wheel(name=GPU_WHEEL, version="2.6.2", doubled=True)
    assert package_versions((CPU_WHEEL,)) == {GPU_WHEEL: "2.6.2"}
