"""Looking for GPUs: what is made of a child that Paddle may end at any line; all else stays on the processor."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from engine.contract.device.choice import resolve
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, Wheel, paddle_wheel
from engine.contract.text.resources import ROOT
from engine.detector.base import gpus

GPU = Wheel(name=GPU_WHEEL, version="2.6.2")
CARDS = [{"number": n, "name": f"Card {n}", "memory_mb": 8000, "capability": [8, 6]} for n in (0, 1)]
SEEN = {"what": "seen", "cuda": "11.8", "driver": "535.1", "gpus": CARDS}
CUDNN = {"what": "cudnn", "version": "8.6.0", "trouble": ""}
LOST = "a warning\nCould not load library libnvrtc.so\n"


def told(*lines: dict[str, Any]) -> str:
    return "".join(["some library's chatter\n", *(json.dumps(line) + "\n" for line in lines)])


def test_that_a_child_that_told_all_makes_both_gpus_usable() -> None:
    tried = [{"what": "tried", "number": number, "trouble": None} for number in (0, 1)]
    found = gpus.read_probe(GPU, told(SEEN, CUDNN, *tried), "", 0)
    assert [gpu.device for gpu in found.gpus if gpu.trouble is None] == ["gpu:0", "gpu:1"]
    assert (found.cuda, found.driver, found.cudnn, found.problem) == ("11.8", "535.1", "8.6.0", "")
    assert resolve("auto", found) == ("gpu:0", None)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "device.not_probed"),
        ((SEEN,), "device.no_cudnn"),
        ((SEEN, CUDNN), "device.fails"),
        ((SEEN, {**CUDNN, "version": "", "trouble": "libcudnn.so: no such file"}), "device.no_cudnn"),
        (({**SEEN, "gpus": []},), "device.no_gpu"),
    ],
)
def test_that_what_ended_the_child_is_why_no_gpu_is_used(lines: tuple[dict[str, Any], ...], code: str) -> None:
    found = gpus.read_probe(GPU, told(*lines), LOST, -6)
    device, why = resolve("auto", found)
    assert device == "cpu" and why is not None and why.code == code
    if code == "device.fails":
        assert "libnvrtc.so (-6)" in why.text()


def test_that_the_wheel_for_processors_is_told_without_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = Wheel(name=CPU_WHEEL, version="2.6.2")
    monkeypatch.setattr(gpus, "paddle_wheel", lambda: cpu)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a child was started"))
    assert gpus.find_devices.__wrapped__().wheel == cpu


def test_that_the_child_itself_looks_and_ends_well_where_there_is_no_gpu() -> None:
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(gpus._CHILD, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    found = gpus.read_probe(GPU, done.stdout, done.stderr, 0)
    assert not found.problem and found.gpus == () and bool(found.cuda) == paddle_wheel().gpu


def test_that_everything_is_computed_on_the_processor_until_somebody_says_otherwise() -> None:
    script = "from engine.detector.base.runtime import prepare; prepare(); import paddle; print(paddle.get_device())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "cpu", done.stderr
