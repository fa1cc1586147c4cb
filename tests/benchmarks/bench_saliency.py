"""Ratios by saliency beside `head86` and one ratio for all, at equal MACs, before any recovery.

`ESPALIER_RUN` names a trained run's folder (PROJECT/runs/NAME), `ESPALIER_PICTURES` how many training pictures saliency
sees (200) and `ESPALIER_MACS` the share that may remain (that of head86, or 0.4 for what is no YOLOv3). In all arms obs
chooses the channels and renews batch norm's statistics, on `ESPALIER_STATISTICS` pictures (64). The mAP is of val,
which no arm has seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.contract.dataset import Index
from engine.contract.recipe import Step
from engine.detector.base.runtime import set_threads
from engine.detector.base.spec import find_spec
from engine.graph.count import conv_macs, params
from engine.graph.graph import Graph
from engine.model.assembly import extend, load
from engine.model.measurement import calibration_of, coco_measured
from engine.recipe.registry import make
from engine.recipe.stack import stack_of_run
from engine.technique.base import Context

OF_ANY = 0.4
NAMES = ("map50", "map")


def run() -> list[str]:
    """Report lines; minutes, most of them obs's."""
    if "ESPALIER_RUN" not in os.environ:
        return ["not run: ESPALIER_RUN names no trained run (see tests/benchmarks/bench_saliency.py)"]
    trained = Path(os.environ["ESPALIER_RUN"])
    stack = stack_of_run(trained)
    graph = stack.graph
    arms: dict[str, Step | None] = {"whole": None}
    if find_spec(stack.choice.key).family == "yolov3":
        arms["head86"] = _step(preset="head86")
    share = float(os.environ.get("ESPALIER_MACS", 0)) or _left(graph, arms.get("head86")) or OF_ANY
    arms["one ratio"] = _uniform(graph, share)
    began = time.monotonic()
    arms["by saliency"] = _by_saliency(trained, share)
    took = time.monotonic() - began
    lines = [
        f"at most {100 * share:.1f} % of the conv MACs, before recovery; saliency and its ratios took {took:.0f} s:"
    ]
    for title, step in arms.items():
        cut = graph if step is None else make(step).estimate(graph)
        told = "  ".join(f"{name} {value:5.1f}" for name, value in _measured(trained, step).items())
        count = f"{100 * conv_macs(cut) / conv_macs(graph):5.1f} % of the MACs  {params(cut) / 1e6:6.2f} M parameters"
        lines.append(f"  {title:12} {count}  {told}")
    return lines


def _step(**given: Any) -> Step:
    pictures = int(os.environ.get("ESPALIER_STATISTICS", "64"))
    return Step(technique="filter_prune", params={"criterion": "obs", "ratio": 0, "pictures": pictures, **given})


def _left(graph: Graph, step: Step | None) -> float:
    return conv_macs(make(step).estimate(graph)) / conv_macs(graph) if step is not None else 0.0


def _uniform(graph: Graph, share: float) -> Step:
    """The smallest ratio for all groups that keeps within the share, to a thousandth."""
    ratios = (thousandth / 1000 for thousandth in range(1, 900))
    return next(step for ratio in ratios if _left(graph, step := _step(ratio=ratio)) <= share)


def _by_saliency(trained: Path, share: float) -> Step:
    """What `espalier sensitivity --saliency --macs` answers."""
    words = ["sensitivity", str(trained.parents[1]), trained.name, "--saliency", "--macs", str(share), "--json"]
    words += ["--pictures", os.environ.get("ESPALIER_PICTURES", "200")]
    done = subprocess.run([sys.executable, "-m", "engine", *words], stdout=subprocess.PIPE, text=True, check=True)
    return _step(**{**json.loads(done.stdout)["params"], "pictures": _step().params["pictures"]})


def _measured(trained: Path, step: Step | None) -> dict[str, float]:
    """mAP of val in points, of the run's network cut by the step."""
    set_threads(0)
    model, _ = load(trained)
    with Index.open(trained.parents[1] / "data" / "index.sqlite") as index:
        train, val = index.pictures("train"), index.pictures("val")
    calibration = calibration_of(model, train)
    if step is not None:
        model = extend(model, (step,), Context(model.config, model.choice, calibration))
    figures = coco_measured(model, val, "val", calibration, lambda *_: None)
    return {figure.name: figure.value for figure in figures if figure.name in NAMES}
