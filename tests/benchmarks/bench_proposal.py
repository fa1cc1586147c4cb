"""Ratios proposed by sensitivity beside one ratio for all, for the same share of MACs, before any fine-tuning.

`ESPALIER_RUN` names a trained YOLOv3's run folder (PROJECT/runs/NAME), `ESPALIER_CRITERION` the criterion (l1),
`ESPALIER_PICTURES` how many val pictures sensitivity sees (64), `ESPALIER_MACS` the share that may remain (0.3). Both
cut among the 18 head convolutions. Sensitivities stay beside the run, so that a second time is fast. Neither has seen
test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.contract.dataset import Index
from engine.contract.recipe import Step
from engine.detector.base.runtime import set_threads
from engine.graph.count import conv_macs
from engine.graph.graph import Graph
from engine.model.assembly import extend, load
from engine.model.measurement import calibration_of, coco_measured
from engine.recipe.registry import make
from engine.technique.base import Context
from engine.techniques.filter_prune import YOLO_HEAD


def run() -> list[str]:
    """Report lines; minutes, most of them sensitivity's."""
    if "ESPALIER_RUN" not in os.environ:
        return ["not run: ESPALIER_RUN names no trained run (see tests/benchmarks/bench_proposal.py)"]
    trained = Path(os.environ["ESPALIER_RUN"])
    criterion, share = os.environ.get("ESPALIER_CRITERION", "l1"), float(os.environ.get("ESPALIER_MACS", "0.3"))
    from engine.recipe.stack import Stack

    graph = Stack(load(trained)[0].choice).graph
    proposed = _proposed(trained, criterion, share)
    uniform = _uniform(graph, criterion, share)
    lines = [f"cut by {criterion} to at most {100 * share:.0f} % of the conv MACs, mAP without fine-tuning:"]
    for title, step in (("whole", None), ("proposed ratios", proposed), ("one ratio", uniform)):
        left = 1.0 if step is None else conv_macs(make(step).estimate(graph)) / conv_macs(graph)
        told = ", ".join(f"{split} {value:.1f}" for split, value in _measured(trained, step).items())
        lines.append(f"  {title:16} {100 * left:5.1f} % of the MACs   {told}")
    return [*lines, "  proposed: " + ", ".join(f"{ratio:g}" for ratio in _listed(proposed.params["ratios"]))]


def _listed(ratios: Mapping[str, float]) -> list[float]:
    return [ratios.get(group, 0.0) for group in YOLO_HEAD]


def _proposed(trained: Path, criterion: str, share: float) -> Step:
    """What `espalier sensitivity --macs` answers."""
    words = ["sensitivity", str(trained.parents[1]), trained.name, "--criterion", criterion, "--macs", str(share)]
    words += ["--pictures", os.environ.get("ESPALIER_PICTURES", "64"), "--json", "--groups", *YOLO_HEAD]
    done = subprocess.run([sys.executable, "-m", "engine", *words], stdout=subprocess.PIPE, text=True, check=True)
    return Step(technique="filter_prune", params=json.loads(done.stdout)["params"])


def _uniform(graph: Graph, criterion: str, share: float) -> Step:
    """The smallest ratio for all head convolutions that keeps within the share, to a thousandth."""
    for thousandth in range(1, 1000):
        params = {"criterion": criterion, "ratio": 0, "ratios": dict.fromkeys(YOLO_HEAD, thousandth / 1000)}
        step = Step(technique="filter_prune", params=params)
        if conv_macs(make(step).estimate(graph)) <= share * conv_macs(graph):
            return step
    raise ValueError("no ratio is enough")


def _measured(trained: Path, step: Step | None) -> dict[str, float]:
    """mAP of val and test in points, of the run's network cut by the step."""
    set_threads(0)
    found: dict[str, Any] = {}
    model, _ = load(trained)
    with Index.open(trained.parents[1] / "data" / "index.sqlite") as index:
        calibration = calibration_of(model, index.pictures("train"))
        if step is not None:
            model = extend(model, (step,), Context(model.config, model.choice, calibration))
        for split in ("val", "test"):
            figures = coco_measured(model, index.pictures(split), split, calibration, lambda *_: None)
            found[split] = next(figure.value for figure in figures if figure.name == "map")
    return found
