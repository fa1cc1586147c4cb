"""The train page over a project whose runs are known to the last digit, some with watched pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.dataset import Index, Picture
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Artifact, Event, Finished, Hello, Metric, Stage
from engine.contract.run.findings.watched import Watched, WatchedBox, WatchedPicture, watched_file
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message
from studio.studio import Studio
from studio.views.train.page import TrainPage
from tests.studio.conftest import settle
from tests.studio.stores.told_runs import line

PATIENCE_MS = 60_000
Shown = Callable[[Path], TrainPage]


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> Iterator[TrainPage]:
    made = TrainPage(studio)
    made.resize(1100, 800)
    made.show()
    made.activated()
    yield made
    studio.close()
    made.details.close()
    made.details.deleteLater()
    made.close()
    made.deleteLater()
    settle()


@pytest.fixture
def shown(page: TrainPage, qtbot: QtBot) -> Shown:
    """Opens a project and waits until its runs have been read."""

    def show(project: Path) -> TrainPage:
        page.studio.project.open(project)
        runs = page.studio.runs.runs
        qtbot.waitUntil(lambda: all(run.caught_up for run in runs), timeout=PATIENCE_MS)
        qtbot.wait(150)
        return page

    return show


def val_pictures(project: Path) -> list[Picture]:
    with Index.open(ProjectFolder(project).index) as index:
        return index.pictures("val")


def curve_run(project: Path, label: str, *, first: int, epochs: int, end: Event | None = Finished()) -> Path:  # noqa: B008
    """A run whose epochs have `first` steps, so that its mAP begins there."""
    count = first * epochs
    events: list[Event] = [Hello(pid=1, versions={}, device="CPU"), stage()]
    for step in range(1, count + 1):
        events += [Metric(name="loss", step=step, value=9 / step), Metric(name="learning_rate", step=step, value=0.001)]
        if step % first == 0:
            events.append(Metric(name="map", step=step, value=30.0 + step))
    return told_run(project, label, [*events, *([end] if end else [])], TrainSettings(epochs=epochs))


def watched_run(project: Path, label: str = "watched", looks: int = 3, end: Event | None = Finished()) -> Path:  # noqa: B008
    """A run of 5 steps an epoch that finds one box more of the first val picture's after each; all of them once."""
    root = told_run(project, label, [Hello(pid=1, versions={}, device="CPU"), stage()], TrainSettings(epochs=4))
    told: list[Event] = []
    for epoch in range(1, looks + 1):
        told += look_at(project, root, epoch)
    add_events(root, [*told, *([end] if end else [])])
    return root


def look_at(project: Path, root: Path, epoch: int) -> list[Event]:
    """Writes the look after an epoch and returns what is told of it."""
    step, classes = 5 * epoch, ProjectFolder(project).load().detector.classes
    seen = []
    for picture in val_pictures(project):
        truth = [
            WatchedBox(label=classes[box.class_id], score=0.1 + 0.2 * epoch, box=(box.x1, box.y1, box.x2, box.y2))
            for box in picture.boxes
        ]
        seen.append(WatchedPicture(digest=picture.digest, path=picture.path, boxes=tuple(truth[:epoch])))
    file = watched_file(root, step)
    file.parent.mkdir(exist_ok=True)
    file.write_text(Watched(epoch=epoch, step=step, pictures=tuple(seen)).model_dump_json())
    losses: list[Event] = [Metric(name="loss", step=at, value=9 / at) for at in range(step - 4, step + 1)]
    artifact = Artifact(kind="watched", path=f"watched/{file.name}", bytes=file.stat().st_size)
    return [*losses, artifact, Metric(name="map", step=step, value=50.0 - epoch)]


def stage() -> Stage:
    return Stage(message=Message(code="train.running", args={"epochs": 4}), text="Training for 4 epochs")


def told_run(project: Path, label: str, events: Sequence[Event], settings: TrainSettings) -> Path:
    folder = ProjectFolder(project)
    root = folder.new_run(label)
    job = TrainJob(choice=folder.load().detector, index=str(folder.index), settings=settings)
    add_events(root, events)
    RunFolder(root).job.write_text(job.model_dump_json())
    return root


def add_events(root: Path, events: Sequence[Event]) -> None:
    file = RunFolder(root).events
    told = len(file.read_text().splitlines()) if file.exists() else 0
    with file.open("a") as stream:
        stream.write("".join(line(told + number, event) for number, event in enumerate(events)))
