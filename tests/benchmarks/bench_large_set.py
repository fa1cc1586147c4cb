"""How a large data set is carried: import, opening, reading by pages, scrolling through it, a sync of a few changes.

`python -m tests.benchmarks large_set=100000` takes so many pictures; `large_set=8000@640x480` of such a size.
"""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.data.dataset_import import import_dataset
from tests.benchmarks.large_set import CLASSES, write_large_set
from tests.benchmarks.studio_process import measured, run_python

COUNT = "12000@320x240"
GOAL_IMPORT_MS = 2.0
GOAL_OPEN_S = 2.0
GOAL_SYNC_S = 20.0
GOAL_CALL_MS = 50
CHANGED = 100
SCROLL_S = 40
T = TypeVar("T")


def run(wanted: str = COUNT) -> Iterator[str]:
    """Milliseconds a picture at a quarter, a half and the whole; then what is done with the whole."""
    count, _, size = wanted.partition("@")
    width, _, height = (size or "320x240").partition("x")
    with tempfile.TemporaryDirectory(prefix="espalier-bench-") as scratch:
        folder = ProjectFolder(Path(scratch) / "project")
        for share in (4, 2, 1):
            number = int(count) // share
            source = Path(scratch) / f"set-{share}"
            write_large_set(source, number, (int(width), int(height)))
            yield imported(source, folder, number, f"{width} x {height}")
            if share > 1:
                shutil.rmtree(source)
        folder.save(Project(name="large", detector=DetectorChoice(key="picodet_s", size=320, classes=CLASSES)))
        yield from read(folder.index)
        yield from synced(folder, source)
        yield from scrolled(folder.root, scratch)


def imported(source: Path, folder: ProjectFolder, count: int, size: str) -> str:
    """An import, by the clock and on the processors."""
    folder.index.unlink(missing_ok=True)
    cpu = time.process_time()
    seconds, _ = timed(lambda: import_dataset(source, folder.index))
    cpu = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"import of {count} pictures of {size}: {1000 * seconds / count:.2f} ms a picture (goal {GOAL_IMPORT_MS}), "
        f"{1000 * cpu / count:.2f} ms of processor, peak {peak:.0f} MB, "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )


def read(path: Path) -> Iterator[str]:
    """Opening an index, and the pages that the studio asks for."""

    def opened() -> int:
        with Index.open(path) as index:
            return index.picture_count() + len(index.statistics().splits) + len(index.pictures(limit=64))

    yield f"index opened, counted, first page: {timed(opened)[0]:.3f} s (goal {GOAL_OPEN_S})"
    with Index.open(path) as index:
        last = index.pictures(offset=index.picture_count() - 1)[0]
        asked: dict[str, Callable[[], object]] = {
            "last page": lambda: index.pictures(limit=64, offset=index.picture_count() - 64),
            "last page of train": lambda: index.pictures("train", limit=64, offset=index.picture_count("train") - 64),
            "last page of a class": lambda: index.pictures(None, 1, limit=64, offset=index.picture_count(None, 1) - 64),
            "a picture by its path": lambda: index.picture_at(last.path),
            "by its digest": lambda: index.of_digests([last.digest]),
            "all": index.pictures,
        }
        yield "  " + ", ".join(f"{name} {1000 * timed(ask)[0]:.1f} ms" for name, ask in asked.items())


def synced(folder: ProjectFolder, source: Path) -> Iterator[str]:
    """`espalier sync` after some pictures changed; nothing where there is no such verb yet."""
    if find_spec("engine.cli.verbs.sync") is None:
        return
    changed = sorted((source / "images" / "train").iterdir())[:CHANGED]
    for path in changed:
        # Behind its end a JPEG may hold anything: another file, and the same picture.
        path.write_bytes(path.read_bytes() + b"changed")
    seconds, _ = timed(lambda: run_python(["-m", "engine", "sync", str(folder.root)], str(source.parent)))
    yield f"sync of {len(changed)} changed files: {seconds:.1f} s (goal {GOAL_SYNC_S:.0f})"


def scrolled(project: Path, scratch: str) -> Iterator[str]:
    """The Data page in a window without a screen."""
    seen = measured("large_data", scratch, str(project), str(SCROLL_S))
    yield f"Data page shown with its first thumbnails: {seen['opened_s']:.2f} s"
    yield f"  longest call in the GUI thread, wall (goal {GOAL_CALL_MS} ms) and of it on the processor:"
    for phase, (wall, cpu) in sorted(seen["gaps"].items(), key=lambda item: -item[1][1]):
        yield f"    {phase}: {wall:.0f} ms, {cpu:.0f} ms"


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that something takes, and what it gives."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found
