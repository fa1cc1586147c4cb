"""Runs for the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract.queue import changes
from engine.contract.run.folder import RunFolder
from engine.contract.run.stopping import stop
from tests.fakes.queued import make_run


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Callable[[int], list[RunFolder]]]:
    """So many runs of one project, of which one is done at a time; what is left of them is stopped at the end."""
    made: list[RunFolder] = []
    changes.set_at_once(1)

    def make(count: int) -> list[RunFolder]:
        for _ in range(count):
            made.append(make_run(tmp_path / f"run-{len(made):02d}", tmp_path))
        return made[-count:]

    yield make
    changes.pause_all()  # else the keeper of each that is stopped starts one of those that wait
    for folder in made:
        if folder.root.is_dir():
            stop(folder.root, ask=0, terminate=0)
