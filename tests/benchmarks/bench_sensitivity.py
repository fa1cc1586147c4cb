"""Sensitivity to cuts by L1: PaddleSlim's `sensitive` with ppdet's evaluation beside ours, on the same pictures.

`ESPALIER_RUN` names a trained YOLOv3's run folder and `ESPALIER_INDEX` the index of its project: then YOLOv3's 18 head
convolutions at 5 ratios on 64 pictures. Without them a network hardly trained on the built-in sample, 2 groups, 8
pictures. Both sides run in this process, one after the other.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from pathlib import Path

from engine.assembly import load
from engine.contract.dataset import Index
from engine.detector.trace import trace
from engine.jobs.probes import Prober
from engine.jobs.sensitivity import AT_ONCE
from engine.techniques.filter_prune import YOLO_HEAD
from tests.benchmarks.slim_sensitivity import slim_losses

RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9)


def run() -> list[str]:
    """Report lines; a quarter of an hour and more for the whole head on a slow machine."""
    if "ESPALIER_RUN" in os.environ:
        return _compare(Path(os.environ["ESPALIER_RUN"]), Path(os.environ["ESPALIER_INDEX"]), 18, 64)
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        project = Path(scratch) / "project"
        trained = _sample_run(project)
        return _compare(trained, project / "data" / "index.sqlite", 2, 8)


def _compare(trained: Path, index: Path, count: int, most: int) -> list[str]:
    with Index.open(index) as opened:
        pictures = opened.pictures("val")[:most]
    groups = YOLO_HEAD[:count]
    with contextlib.redirect_stdout(io.StringIO()):
        slim, theirs = slim_losses(trained, pictures, groups, RATIOS)
    before = time.perf_counter()
    model, _ = load(trained)
    prober = Prober(model, trace(model.network, dict(model.config)), pictures, lambda: None)
    ours: dict[str, dict[float, float]] = {}
    for first in range(0, count, AT_ONCE):
        ours |= prober.losses(dict.fromkeys(groups[first : first + AT_ONCE], RATIOS), "l1")[1]
    mine = time.perf_counter() - before
    apart = max(abs(ours[group][ratio] - theirs[group][ratio]) for group in groups for ratio in RATIOS)
    return [
        f"sensitivity of {count} head convolutions at {len(RATIOS)} ratios by L1, {len(pictures)} pictures, seconds:",
        f"  PaddleSlim, its graph analysis aside     {slim:8.1f}",
        f"  Espalier, loading and tracing included   {mine:8.1f}   {slim / mine:6.1f} times faster, one process",
        f"  largest difference of losses             {apart:8.3f} points of mAP",
    ]


def _sample_run(project: Path) -> Path:
    from engine.cli import main
    from engine.data.sample.write import write_sample

    data = write_sample(project.parent / "signs", train=8, val=8, test=4)
    with contextlib.redirect_stdout(io.StringIO()):
        made = ["new", str(project), "--data", str(data), "--detector", "yolov3_mobilenet_v3_large", "--size", "96"]
        assert main(made) == 0
        assert main(["train", str(project), "--epochs", "1", "--set", "batch_size=4"]) == 0
    return next(path.parent for path in sorted((project / "runs").glob("*/checkpoints")))
