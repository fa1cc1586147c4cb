"""A slider released to the boxes and the mAP of the untrained network, asked of `serve pictures` as the studio does.

SSDLite-small at 160 px with the sample's weights, and YOLOv3 on MobileNetV3-large at 320 px as initialised, on the
built-in sample; filter_prune by fpgm at another ratio each time. The first answer loads the run and ranks its filters.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.contract.dataset import Index
from engine.contract.previews.trial import TrialRequest
from engine.contract.recipe import Recipe, Step
from tests.fakes.sample_runs import sample_project

RATIOS = (0.3, 0.35, 0.5, 0.4, 0.6, 0.2, 0.45)
GIVE_WAY_AFTER_S = (0.1, 0.3, 0.6, 1.0, 1.5, 2.2, 3.0, 4.0)
"""So long after a request was made another comes."""
VAL = 64
PICTURES = 16
GOAL_GIVE_WAY_S = 0.1
DETECTORS = (("ssdlite_mobilenet_v3_small", 160, 0.6, 2.0), ("yolov3_mobilenet_v3_large", 320, 1.0, 6.0))
"""With the goals in seconds on two quiet cores: to boxes, and to the first mAP."""


class Served:
    """A warm process; `asked` yields what it answers, with the seconds since it was asked."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "engine", "serve", "pictures"]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        self._number = 0

    def send(self, request: dict[str, Any]) -> int:
        """Ask; the number of the request."""
        assert self._process.stdin is not None
        self._number += 1
        self._process.stdin.write(json.dumps({"id": self._number, **request}) + "\n")
        return self._number

    def asked(self, request: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        """The parts of an answer; what is left of one that was asked before is skipped."""
        assert self._process.stdout is not None
        began = time.perf_counter()
        number = self.send(request)
        for line in self._process.stdout:
            part = json.loads(line)
            if part["id"] == number:
                assert "error" not in part, part
                yield time.perf_counter() - began, part
                if not part.get("more"):
                    return

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def run() -> list[str]:
    """Medians of seconds over the ratios; some minutes."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    lines = [f"slider released to boxes, seconds, load {load:.1f} on {cores} cores (goals are for two quiet ones):"]
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        for key, size, boxes, score in DETECTORS:
            folder = sample_project(Path(scratch) / key, key, size, VAL)
            with Index.open(folder.index) as index:
                project, picture = folder.root, index.pictures("val", limit=1)[0].path
            served = Served()
            try:
                lines += _timed(served, project, picture, f"{key}, {size} px", (boxes, score))
            finally:
                served.close()
    return [*lines, f"  load at the end {os.getloadavg()[0]:.1f}"]


def _timed(served: Served, project: Path, picture: str, title: str, goals: tuple[float, float]) -> list[str]:
    times = [_seconds(served, _request(project, picture, ratio, (PICTURES,))) for ratio in RATIOS]
    middle = {name: statistics.median(one[name] for one in times[1:]) for name in times[0]}
    gave = _gave_way(served, project, picture)
    first, later = (", ".join(f"{name} {of[name]:.2f}" for name in of) for of in (times[0], middle))
    return [
        f"  {title}",
        f"    the first answer            {first}",
        f"    later ones, median of {len(times) - 1}     {later}   (goals: boxes {goals[0]}, mAP {goals[1]})",
        f"    to give way to another      median {statistics.median(gave):.3f}, worst {max(gave):.3f}"
        f" of {len(gave)} moments (goal {GOAL_GIVE_WAY_S})",
    ]


def _seconds(served: Served, request: dict[str, Any]) -> dict[str, float]:
    """Until the tried boxes, until both sides' boxes, the first mAP, and that with its interval."""
    found: dict[str, float] = {}
    for seconds, part in served.asked(request):
        names = ["tried boxes"] if "tried" in part.get("boxes", {}) else []
        names += ["all boxes"] if "base" in part.get("boxes", {}) else []
        if "score" in part:
            names.append("interval" if "change" in part["score"] else "mAP")
        found |= dict.fromkeys(names, seconds)
    return found


def _gave_way(served: Served, project: Path, picture: str) -> list[float]:
    """Seconds from a newer question, at several moments of an answer on all pictures, to its own answer."""
    found = []
    for number, after in enumerate(GIVE_WAY_AFTER_S):
        served.send(_request(project, picture, 0.31 + 0.02 * number, (PICTURES, 0)))
        time.sleep(after)
        found.append(next(served.asked({"what": "rest"}))[0])
    return found


def _request(project: Path, picture: str, ratio: float, sizes: tuple[int, ...]) -> dict[str, Any]:
    recipe = Recipe(name="r", steps=(Step(technique="filter_prune", params={"ratio": ratio}),))
    start = next((project / "runs").iterdir()).name
    asked = TrialRequest(project=str(project), start=start, recipe=recipe, picture=picture, threshold=0.05, sizes=sizes)
    return {"what": "try", **asked.model_dump(mode="json")}
