"""A queue with work in it, for its picture: really begun, in a copy of the project, and stopped again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtTest import QTest

from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.queue.changes import cancel
from engine.contract.queue.entries import entries
from engine.contract.run.settings import TrainSettings
from studio.studio import Studio

_LEFT_OUT = ("checkpoints", "images", "export", "pictures", "screenshots", "tasks", ".trash")
_LINKED = "checkpoints"
_TARGET = {"phone": "SD855", "threads": 4, "precision": "fp16", "ms": 2.5}
_LOOK_MS, _PATIENCE_MS = 200, 300_000
_EPOCHS, _SEEN = 12, 0.08


@contextmanager
def at_work(studio: Studio, project: Path, room: Path) -> Iterator[None]:
    """As long as a copy of the project, made in `room`, is open and its queue has work: a training well under way,
    and behind it a recipe, a fit, and an evaluation that is paused.
    """
    studio.project.open(str(_copied(project, room)))
    base, _ = studio.runs.tree()[0]
    folder = studio.project.folder
    assert folder is not None
    studio.project.set_start_point(base.name)
    studio.queue.pause_all(True)
    _wait(lambda: studio.queue.settings.paused)
    wishes: tuple[Callable[[], object], ...] = (
        lambda: studio.runs.train(TrainSettings(epochs=_EPOCHS)),
        studio.runs.apply_recipe,
        lambda: studio.fits.start(
            FitJob.model_validate({"project": str(folder.root), "start": str(base.root)} | _TARGET)
        ),
        lambda: studio.runs.evaluate(base),
    )
    try:
        for count, wish in enumerate(wishes, start=1):
            wish()
            _wait(lambda count=count: len(studio.queue.entries) == count)  # type: ignore[misc]
        studio.queue.pause(studio.queue.entries[-1].number)
        _wait(lambda: studio.queue.entries[-1].state == "paused")
        studio.queue.pause_all(False)
        _wait(lambda: any(told.done > _SEEN * told.total for told in studio.queue.latest.progress.values()))
        yield
    finally:
        for entry in reversed(entries()):
            cancel(entry.number)


def _copied(project: Path, room: Path) -> Path:
    """A copy without what is large; the weights that a run may start from are those of the project."""
    made = room / project.resolve().name
    shutil.copytree(project, made, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    runs = ProjectFolder(made).runs
    for run in runs.iterdir():
        kept = project.resolve() / runs.name / run.name / _LINKED
        if kept.is_dir():
            (run / _LINKED).symlink_to(kept)
    return made


def _wait(holds: Callable[[], bool]) -> None:
    waited = 0
    while not holds() and waited < _PATIENCE_MS:
        QTest.qWait(_LOOK_MS)
        waited += _LOOK_MS
    if not holds():
        raise TimeoutError("the queue did not come to work")
