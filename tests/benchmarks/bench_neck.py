"""Faster R-CNN's neck and head on this machine, step by step of the article's recipe, side by side in turns.

Paddle itself runs them, for Paddle Lite converts two stages for arm alone: the published changes are those of a phone.
Processor time on one thread is taken, with proposals and post-processing, on random weights.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

SIZE, CLASSES, ROUNDS = 320, 80, 7
LEVELS: dict[str, dict[str, Any]] = {"neck_levels": {}}
EXTRA = LEVELS | {"neck_extra_levels": {}}
NARROW: dict[str, dict[str, Any]] = {"neck_channels": {}}
HEAD: dict[str, dict[str, Any]] = {"head_shrink": {}}
STACKS: dict[str, dict[str, dict[str, Any]]] = {
    "C2..C5, 256 channels, 1024-wide head": {},
    "C2..C4": LEVELS,
    "C2..C4 + P5 P6": EXTRA,
    "C2..C4 + P5 P6, 48 channels": EXTRA | NARROW,
    "C2..C4 + P5 P6, 48 channels, 128-wide head": EXTRA | NARROW | HEAD,
    "narrow: C2..C5, 48 channels, 128-wide head": NARROW | HEAD,
    "narrow: C2..C4": LEVELS | NARROW | HEAD,
    "narrow: C2..C4 + P5 P6": EXTRA | NARROW | HEAD,
}
PUBLISHED = {
    "C2..C4": "-21 % (article)",
    "C2..C4 + P5 P6": "about +9 % (article)",
    "narrow: C2..C4": "-21 % (article)",
    "narrow: C2..C4 + P5 P6": "about +9 % (article)",
}
BEFORE = dict(zip(list(STACKS)[1:], STACKS, strict=False)) | {"narrow: C2..C5, 48 channels, 128-wide head": ""}
"""What each is compared with: the one above it; the narrow ones begin anew."""


def _detector(steps: dict[str, dict[str, Any]]) -> tuple[Any, float]:
    """The network under those steps in evaluation mode, and its G MACs of convolutions."""
    from engine.contract.project import DetectorChoice
    from engine.contract.recipe import Step
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.counts import count_by_hooks
    from engine.recipe.registry import make

    classes = tuple(f"c{number}" for number in range(CLASSES))
    config = resolve(DetectorChoice(key="faster_rcnn_mobilenet_v3_fpn", size=SIZE, classes=classes))
    for key, params in steps.items():
        make(Step(technique=key, params=params)).configure(config)
    network = build(config)
    count = count_by_hooks(network, config).conv_macs / 1e9
    network.eval()
    return network, count


def run() -> list[str]:
    """Milliseconds of a picture, the change from the line above, and what was published of it."""
    from engine.detector.base.runtime import set_threads

    set_threads(1)
    import paddle

    paddle.seed(0)
    networks = {name: _detector(steps) for name, steps in STACKS.items()}
    shape = paddle.full([1, 2], float(SIZE))
    inputs = {"image": paddle.randn([1, 3, SIZE, SIZE]), "im_shape": shape, "scale_factor": paddle.ones([1, 2])}
    times: dict[str, list[float]] = {name: [] for name in networks}
    with paddle.no_grad():
        for number in range(ROUNDS + 1):
            for name, (network, _) in networks.items():
                began = time.process_time()
                network(dict(inputs))
                if number:  # the first run allocates
                    times[name].append(1e3 * (time.process_time() - began))
    medians = {name: statistics.median(values) for name, values in times.items()}
    lines = [f"Faster R-CNN MobileNetV3-large FPN, {SIZE} px, Paddle 2.6.2, 1 thread, median of {ROUNDS}:"]
    for name, value in medians.items():
        before = BEFORE.get(name)
        change = f", {100 * (value / medians[before] - 1):+.0f} %" if before else ""
        published = f", published {PUBLISHED[name]}" if name in PUBLISHED else ""
        spread = f"{min(times[name]):.0f} to {max(times[name]):.0f}"
        lines.append(f"  {name}: {value:.0f} ms ({spread}), {networks[name][1]:.2f} G conv MACs{change}{published}")
    return lines
