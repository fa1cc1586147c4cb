"""`espalier sensitivity` by L1 beside PaddleSlim's `sensitive` with ppdet's evaluation, on the same pictures.

`ESPALIER_RUN` names a trained YOLOv3's run folder (PROJECT/runs/NAME): then its 18 head convolutions at 5 ratios on
64 pictures, or `ESPALIER_PICTURES`. Without it a network hardly trained on the built-in sample, 2 groups, 8 pictures.
Each side runs in processes of its own, as somebody would start it, one after the other.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.detector.base.runtime import mkl_choice
from engine.techniques.filter_prune import YOLO_HEAD

RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9)
Losses = dict[str, dict[str, float]]


def run() -> list[str]:
    """Report lines; half an hour for the whole head on a slow machine."""
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        if "ESPALIER_RUN" in os.environ:
            trained, count, pictures = Path(os.environ["ESPALIER_RUN"]), 18, os.environ.get("ESPALIER_PICTURES", "64")
        else:
            trained, count, pictures = _sample_run(Path(scratch) / "project"), 2, "8"
        return _compare(trained, Path(scratch) / "copy", count, int(pictures))


def _compare(trained: Path, copy: Path, count: int, pictures: int) -> list[str]:
    cores = str(len(os.sched_getaffinity(0)))
    installed = dict.fromkeys(mkl_choice(), "0")  # what MKL chooses by itself
    mine, ours = _ours(trained, copy, count, pictures)
    lines = [
        f"sensitivity of {count} head convolutions at {len(RATIOS)} ratios by L1, {pictures} pictures, seconds:",
        f"  espalier sensitivity, the whole command, a worker on each of {cores} cores {mine:8.1f}",
    ]
    for title, environment in (
        ("PaddleSlim as installed, one thread as Paddle sets it", installed),
        (f"PaddleSlim with MKL's faster code and {cores} threads", {**mkl_choice(), "OMP_NUM_THREADS": cores}),
    ):
        seconds, theirs = _theirs(trained, count, pictures, environment)
        apart = max(abs(ours[group][key] - loss) for group in theirs for key, loss in theirs[group].items())
        lines.append(f"  {title} {seconds:8.1f}   {seconds / mine:5.1f} times as long; losses within {apart:.3f} mAP")
    return lines


def _ours(trained: Path, copy: Path, count: int, pictures: int) -> tuple[float, Losses]:
    """Seconds of the command, and its losses; on a copy of the project, where nothing has been measured."""
    shutil.copytree(trained, copy / "runs" / trained.name, ignore=shutil.ignore_patterns("sensitivity"))
    project = trained.parents[1]
    shutil.copytree(project / "data", copy / "data")
    shutil.copy(project / "project.json", copy)
    words = ["sensitivity", str(copy), trained.name, "--criterion", "l1", "--pictures", str(pictures), "--json"]
    words += ["--ratios", *map(str, RATIOS), "--groups", *YOLO_HEAD[:count]]
    before = time.perf_counter()
    document = _json([sys.executable, "-m", "engine", *words])
    seconds = time.perf_counter() - before
    return seconds, {name: group["losses"] for name, group in document["groups"].items()}


def _theirs(trained: Path, count: int, pictures: int, environment: dict[str, str]) -> tuple[float, Losses]:
    words = [str(trained), str(count), str(pictures), *map(str, RATIOS)]
    document = _json([sys.executable, "-m", "tests.benchmarks.slim_sensitivity", *words], environment)
    return document["seconds"], document["losses"]


def _json(command: list[str], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What a command says in its last line."""
    kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(command, env=kept | (environment or {}), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.rfind("\n{") + 1 :])
    return found


def _sample_run(project: Path) -> Path:
    from engine.cli import main
    from engine.data.sample.write import write_sample

    data = write_sample(project.parent / "signs", train=8, val=8, test=4)
    with contextlib.redirect_stdout(io.StringIO()):
        made = ["new", str(project), "--data", str(data), "--detector", "yolov3_mobilenet_v3_large", "--size", "96"]
        assert main(made) == 0
        assert main(["train", str(project), "--epochs", "1", "--set", "batch_size=4"]) == 0
    return next(path.parent for path in sorted((project / "runs").glob("*/checkpoints")))
