"""What share of YOLOv3-MobileNetV3 its neck and head take, by multiply-accumulates and by time in Paddle Lite on x86.

The article says of the head "about half of the time", on a phone. Here the network with and without it runs in turns
in one process on one thread; without post-processing, for random weights would make that the larger part.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

KEY, SIZE, CLASSES = "yolov3_mobilenet_v3_large", 320, 80


def _choice() -> Any:
    from engine.contract.project import DetectorChoice

    return DetectorChoice(key=KEY, size=SIZE, classes=tuple(f"c{number}" for number in range(CLASSES)))


def _by_part() -> dict[str, int]:
    """Multiply-accumulates by the first word of the layers' names."""
    from engine.graph.count import layers
    from engine.recipe.stack import Stack

    found: dict[str, int] = {}
    for layer in layers(Stack(_choice()).graph):
        part = layer.layer.split(".", 1)[0]
        found[part] = found.get(part, 0) + layer.macs
    return found


def _programs(folder: Path) -> dict[str, Path]:
    """The whole network and its backbone as x86 models."""
    import paddle

    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.program import save_program
    from engine.lite.opt import optimise

    config = resolve(_choice())
    network = build(config)
    network.eval()
    save_program(network, config, folder / "whole", post_process=False)
    image = paddle.static.InputSpec([1, 3, SIZE, SIZE], "float32", "image")

    class Backbone(paddle.nn.Layer):  # type: ignore[misc]  # Paddle is untyped
        def __init__(self) -> None:
            super().__init__()
            self.backbone = network.backbone

        def forward(self, image: Any) -> Any:
            return self.backbone({"image": image})

    program = paddle.jit.to_static(Backbone(), input_spec=[image], full_graph=True)
    paddle.jit.save(program, str(folder / "backbone" / "model"))
    models = {}
    for name in ("whole", "backbone"):
        models[name] = folder / f"{name}.nb"
        optimise(folder / name, models[name], target="x86", precision="fp32")
    return models


def run() -> list[str]:
    """Shares by count and by time."""
    import numpy as np

    from engine.lite.latency import measure

    parts = _by_part()
    total = sum(parts.values())
    counts = ", ".join(f"{name} {100 * value / total:.1f} %" for name, value in parts.items())
    image = np.random.default_rng(0).standard_normal((1, 3, SIZE, SIZE)).astype("float32")
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        times = measure(_programs(Path(scratch)), {"image": image})
    whole, backbone = times["whole"], times["backbone"]
    behind = 100 * (1 - backbone.median / whole.median)
    return [
        f"{KEY}, {SIZE} px, {CLASSES} classes, {total / 1e9:.3f} G MACs:",
        f"  by multiply-accumulates: {counts}",
        f"  by time, Paddle Lite x86 fp32, 1 thread, median of {whole.runs}: whole {whole.median:.1f} ms "
        f"({whole.p10:.1f} to {whole.p90:.1f}), backbone alone {backbone.median:.1f} ms "
        f"({backbone.p10:.1f} to {backbone.p90:.1f}): neck and head {behind:.0f} %, "
        "published about 50 % (article, phone)",
    ]
