"""Finds out which GPUs can be used, and makes one the place where this process computes.

With its wheel for GPUs Paddle ends the process where it is told to use one that is not there, and cuDNN aborts it where
a library of its own is missing. So a child process looks, and even tries a small calculation; here nothing is set that
was not seen to work.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

from engine.contract.device.choice import CPU
from engine.contract.device.found import Devices, Gpu
from engine.contract.device.wheel import Wheel, paddle_wheel
from engine.contract.system.environment import engine_environment
from engine.detector.base.runtime import prepare

TIME_LIMIT_S = 180
_CHILD = (sys.executable, "-m", "engine.detector.base.gpus_child")


@cache
def find_devices() -> Devices:
    """What there is; with the wheel for processors that is known at once, else a child looks."""
    wheel = paddle_wheel()
    if not wheel.gpu:
        return Devices(wheel=wheel)
    try:
        done = subprocess.run(
            _CHILD,
            env=engine_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return Devices(wheel=wheel, problem=f"{TIME_LIMIT_S} s")
    return read_probe(wheel, done.stdout, done.stderr, done.returncode)


def read_probe(wheel: Wheel, told: str, errors: str, status: int) -> Devices:
    """What the child told before it ended, on its own or not: what it did not come to is what ended it."""
    lines = [line for text in told.splitlines() if (line := _document(text)) is not None]
    by_what = {line["what"]: line for line in lines if line["what"] != "tried"}
    last = f"{(errors.strip().splitlines() or ['-'])[-1][:200]} ({status})"
    if "seen" not in by_what:
        return Devices(wheel=wheel, problem=last)
    seen, cudnn = by_what["seen"], by_what.get("cudnn")
    tried = {line["number"]: line["trouble"] for line in lines if line["what"] == "tried"}
    gpus = tuple(Gpu(**gpu, trouble=tried.get(gpu["number"], last)) for gpu in seen["gpus"])
    return Devices(
        wheel=wheel,
        cuda=seen["cuda"],
        driver=seen["driver"],
        cudnn=cudnn["version"] if cudnn else "",
        cudnn_trouble=cudnn["trouble"] if cudnn else last,
        gpus=gpus,
    )


def _document(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "what" in found else None


def use_device(device: str) -> None:
    """Compute on `cpu` or on a `gpu:N` that was seen to work; what was made before stays where it is."""
    prepare()
    if device == CPU:
        return  # where `prepare` has put everything
    import paddle

    paddle.set_device(device)
