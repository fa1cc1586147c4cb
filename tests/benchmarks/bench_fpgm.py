"""FPGM on YOLOv3's 18 head convolutions: PaddleSlim's pruner beside ours, on the same weights."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine.graph.criteria import weakest
from engine.techniques.filter_prune import PRESETS, YOLO_HEAD, FilterPrune
from tests.engine.small_detectors import context_of, fresh, stir
from tests.engine.techniques.paddleslim_side import fpgm_pruner, prune

KEY, PRESET = "yolov3_mobilenet_v3_large", "head86"


def run() -> list[str]:
    """Report lines; PaddleSlim alone takes from half a minute to some minutes."""
    theirs, config = fresh(KEY, 320, 80)
    stir(theirs)
    ours, _ = fresh(KEY, 320, 80)
    ours.set_state_dict(theirs.state_dict())
    weights = {name: parameter.numpy() for name, parameter in ours.named_parameters()}
    ratios = dict(zip(YOLO_HEAD, PRESETS[PRESET], strict=True))

    ranking = _seconds(
        lambda: [
            weakest(weights[f"{name}.weight"], round(len(weights[f"{name}.weight"]) * ratio), "fpgm")
            for name, ratio in ratios.items()
        ]
    )
    technique = FilterPrune({"preset": PRESET})
    whole = _seconds(lambda: technique.transform(ours, context_of(KEY, 320, 80)))
    pruner = fpgm_pruner(theirs, config)
    slim = _seconds(lambda: prune(pruner, theirs, ratios))
    mine = dict(ours.named_parameters())
    same = sum(np.array_equal(mine[name].numpy(), p.numpy()) for name, p in theirs.named_parameters())
    return [
        f"FPGM on {len(ratios)} head convolutions of {KEY}, {PRESET}, trained-like weights, CPU seconds:",
        f"  PaddleSlim, graph analysis aside  {slim:8.2f}",
        f"  Espalier, tracing included        {whole:8.2f}   {slim / whole:6.1f} times faster",
        f"  Espalier, ranking alone           {ranking:8.2f}   {slim / ranking:6.1f} times faster",
        f"  parameters equal to the bit after the cut: {same} of {len(mine)}",
    ]


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
