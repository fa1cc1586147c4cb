"""Looks for GPUs in a process that may end at any moment, and tells what it sees line by line, as JSON."""

from __future__ import annotations

import contextlib
import ctypes
import json
from typing import Any

from engine.detector.base.runtime import prepare


def main() -> None:
    """Tell what Paddle sees, then load cuDNN, then calculate something on each GPU."""
    driver = driver_version()
    prepare()
    import paddle

    cuda = paddle.version.cuda() if paddle.device.is_compiled_with_cuda() else ""
    numbers = range(paddle.device.cuda.device_count()) if cuda else range(0)
    seen = [(number, paddle.device.cuda.get_device_properties(f"gpu:{number}")) for number in numbers]
    gpus = [
        {
            "number": number,
            "name": gpu.name,
            "memory_mb": round(gpu.total_memory / 1e6),
            "capability": [gpu.major, gpu.minor],
        }
        for number, gpu in seen
    ]
    tell(what="seen", cuda=str(cuda), driver=driver, gpus=gpus)
    version, trouble = cudnn_version()
    tell(what="cudnn", version=version, trouble=trouble)
    for number, _ in seen if version else ():
        tell(what="tried", number=number, trouble=trial(paddle, f"gpu:{number}"))


def tell(**what: Any) -> None:
    """Print a line at once: the next step may be the last."""
    print(json.dumps(what), flush=True)


def driver_version() -> str:
    """The version of NVIDIA's driver, as its own library tells it; nothing where there is none."""
    with contextlib.suppress(OSError, AttributeError):
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
        text = ctypes.create_string_buffer(81)
        if nvml.nvmlInit_v2() == 0 and nvml.nvmlSystemGetDriverVersion(text, 81) == 0:
            return text.value.decode(errors="replace")
    return ""


def cudnn_version() -> tuple[str, str]:
    """The version of cuDNN, and why there is none: loaded by the plain name that Paddle loads it by."""
    try:
        library = ctypes.CDLL("libcudnn.so")
    except OSError as missing:
        try:
            library = ctypes.CDLL("/usr/local/cuda/lib64/libcudnn.so")
        except OSError:
            return "", str(missing)
    library.cudnnGetVersion.restype = ctypes.c_size_t
    number = library.cudnnGetVersion()
    return f"{number // 1000}.{number % 1000 // 100}.{number % 100}", ""


def trial(paddle: Any, device: str) -> str | None:
    """What is wrong with a convolution forward and backward there, against the same on the processor."""
    told = []
    for place in ("cpu", device):
        paddle.set_device(place)
        x = paddle.linspace(-1, 1, 3 * 16 * 16).reshape([1, 3, 16, 16])
        weight = paddle.linspace(-1, 1, 4 * 3 * 9).reshape([4, 3, 3, 3])
        weight.stop_gradient = False
        try:
            y = paddle.nn.functional.conv2d(x, weight).square().mean()
            y.backward()
        except (RuntimeError, OSError) as error:
            return (str(error).strip().splitlines() or ["-"])[-1][:200]
        told.append((float(y), float(weight.grad.abs().sum())))
    near = all(abs(a - b) <= 1e-3 * max(abs(a), 1e-3) for a, b in zip(*told, strict=True))
    return None if near else f"{told[0]} / {told[1]}"


if __name__ == "__main__":
    main()
