"""A training step of SSDLite with Espalier's depthwise convolution and with Paddle's own, side by side."""

from __future__ import annotations

import contextlib
import statistics
import time
from typing import Any

SIZE, BATCH, ROUNDS = 160, 16, 5


def _step(network: Any, optimiser: Any, batch: dict[str, Any]) -> float:
    """Milliseconds of one training step."""
    began = time.perf_counter()
    network(batch)["loss"].backward()
    optimiser.step()
    optimiser.clear_grad()
    return 1e3 * (time.perf_counter() - began)


def run() -> list[str]:
    """Milliseconds of a step of each, in turns, on one thread."""
    from engine.contract.project import DetectorChoice
    from engine.detector.base.runtime import set_threads

    set_threads(1)
    import numpy as np
    import paddle

    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.depthwise import fast_depthwise

    network = build(resolve(DetectorChoice(key="ssdlite_mobilenet_v3_small", size=SIZE, classes=tuple("abcdef"))))
    optimiser = paddle.optimizer.Momentum(1e-3, parameters=network.parameters())
    boxes = np.tile(np.array([[[0.1, 0.1, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]]], np.float32), (BATCH, 1, 1))
    batch = {
        "image": paddle.randn([BATCH, 3, SIZE, SIZE]),
        "gt_bbox": paddle.to_tensor(boxes),
        "gt_class": paddle.to_tensor(np.tile(np.array([[0, 2]], np.int32), (BATCH, 1))),
    }

    times: dict[str, list[float]] = {"Paddle": [], "Espalier": []}
    for number in range(ROUNDS + 1):
        for name, context in (("Paddle", contextlib.nullcontext()), ("Espalier", fast_depthwise())):
            with context:
                taken = _step(network, optimiser, batch)
            if number:  # the first step compiles
                times[name].append(taken)
    medians = {name: statistics.median(values) for name, values in times.items()}
    return [
        f"training step, SSDLite-MobileNetV3-small, {SIZE} px, batch {BATCH}, 1 thread, median of {ROUNDS}:",
        *(f"  {name}: {value:.0f} ms" for name, value in medians.items()),
        f"  ratio: {medians['Paddle'] / medians['Espalier']:.2f} x",
    ]
