"""What a second process gives a training on processors, against a second thread, and against neither."""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import time
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from tests.benchmarks.bench_training import imported
from tests.benchmarks.large_set import write_large_set

CASES = (("ssdlite_mobilenet_v3_small", 160, 16), ("picodet_s", 320, 8), ("yolov3_mobilenet_v3_large", 320, 8))
"""Detector, input size, pictures in a batch."""
STEPS, PICTURE, WARM = 12, (640, 480), 3
WAYS = {
    "1 process of 1 thread": (1, 1),
    "1 process of 2 threads": (1, 2),
    "2 ranks of 1 thread": (2, 1),
}


def run(turns: str = "1") -> list[str]:
    """Seconds a step by the clock, medians, each way in turns."""
    lines = [f"training with its reader, pictures of {PICTURE[0]} x {PICTURE[1]}, steps by the clock, medians:"]
    with tempfile.TemporaryDirectory() as folder:
        largest = max(batch for *_, batch in CASES)
        data = write_large_set(Path(folder) / "set", largest * (STEPS + 1) * 10 // 9, PICTURE)
        index = imported(Path(folder) / "project", data)
        for number, (key, size, batch) in enumerate(CASES):
            found: dict[str, list[float]] = {name: [] for name in WAYS}
            for turn, (name, (ranks, threads)) in itertools.product(range(int(turns)), WAYS.items()):
                place = Path(folder) / f"{number}-{turn}-{ranks}-{threads}"
                found[name].append(_seconds(place, index, (key, size), batch, ranks, threads))
            each = {name: statistics.median(seconds) for name, seconds in found.items()}
            first = next(iter(each.values()))
            lines.append(f"{key} at {size} px, batch {batch}:")
            lines += [f"  {name}: {seconds:.3f} s a step, {first / seconds:.2f} x" for name, seconds in each.items()]
    return lines


def _seconds(place: Path, index: Path, detector: tuple[str, int], batch: int, ranks: int, threads: int) -> float:
    """A step's of a run made for it."""
    with Index.open(index) as opened:
        choice = DetectorChoice(key=detector[0], size=detector[1], classes=opened.classes())
    settings = TrainSettings(epochs=1, batch_size=batch, evaluate_every=0, threads=threads, ranks=ranks, device="cpu")
    job = TrainJob(choice=choice, index=str(index), settings=settings, limit=batch * STEPS)
    place.mkdir()
    folder = RunFolder(place)
    folder.job.write_text(job.model_dump_json(), encoding="utf-8")
    start(place)
    while folder.status() in ("running", "queued"):
        time.sleep(0.1)
    events = [json.loads(line) for line in folder.events.read_text(encoding="utf-8").splitlines()]
    times = [event["time"] for event in events if event["type"] == "metric" and event["name"] == "loss"]
    assert len(times) == STEPS, folder.last_log_lines()
    return statistics.median(later - earlier for earlier, later in itertools.pairwise(times[WARM:]))
