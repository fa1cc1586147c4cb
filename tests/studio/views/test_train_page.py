"""The train page: runs are shown, followed, cancelled, resumed and removed; the form starts a real training."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.recipe import Recipe, Step
from engine.contract.run.events import CancelledEvent, Failed, Metric
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import RecipePart, TrainJob
from engine.contract.text.messages import Message
from studio.presenters.page_state import PageState
from studio.stores.followed import Waiting
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.train.page import TrainPage
from tests.studio.conftest import settle
from tests.studio.stores.told_runs import EPOCHS, STEPS, line, write_run

PATIENCE_MS = 180_000


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> Iterator[TrainPage]:
    made = TrainPage(studio)
    made.resize(1100, 700)
    made.show()
    made.activated()
    yield made
    studio.close()
    made.details.close()
    made.details.deleteLater()
    made.close()
    made.deleteLater()
    settle()


def show(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    """Open the project and wait until its runs have been read."""
    page.studio.project.open(project)
    runs = page.studio.runs.runs
    qtbot.waitUntil(lambda: all(run.caught_up and run.status != "queued" for run in runs), timeout=PATIENCE_MS)
    qtbot.wait(200)


def test_that_a_project_without_runs_offers_the_form(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    show(page, project, qtbot)
    assert page.stack.currentWidget() is page.form and page.state is PageState.READY
    assert page.form.start.isEnabled() and page.empty.isVisibleTo(page)
    assert "ssdlite_mobilenet_v3_small" in page.form.what.text()


def test_that_without_a_project_nothing_can_be_started(page: TrainPage) -> None:
    assert page.state is PageState.EMPTY
    assert not page.form.start.isEnabled() and page.form.start.toolTip()


def test_that_the_latest_run_is_shown_whole(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    base = write_run(project)
    write_run(project, "pruned", base, score=40.0)
    show(page, project, qtbot)
    assert page.header.name.full == "0002  pruned"
    assert page.header.stats.values["epoch"].text() == f"{EPOCHS}/{EPOCHS}"
    assert page.curves is not None and page.curves.points("loss") == STEPS
    assert set(page.curves.loss.lines) == {"loss", "loss_box"} and set(page.curves.score.lines) == {"map"}
    assert not page.header.cancel.isVisibleTo(page) and page.state is PageState.DONE
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.header.name.full == "0001  train"


def test_that_a_curve_grows_with_what_is_told(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    root = write_run(project, end=None)
    show(page, project, qtbot)
    curves = page.curves
    assert curves is not None
    count = len(RunFolder(root).events.read_text().splitlines())
    with RunFolder(root).events.open("a") as stream:
        stream.write(line(count, Metric(name="loss", step=STEPS + 1, value=0.25)))
    qtbot.waitUntil(lambda: curves.points("loss") == STEPS + 1, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "0.25" in curves.loss.lines["loss"].button.text(), timeout=PATIENCE_MS)


def test_that_a_curve_is_switched_off_by_its_name(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    write_run(project)
    show(page, project, qtbot)
    assert page.curves is not None
    drawn = page.curves.loss.lines["loss_box"]
    qtbot.mouseClick(drawn.button, Qt.MouseButton.LeftButton)
    assert not drawn.main.isVisible() and page.curves.loss.lines["loss"].main.isVisible()


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        (None, "lost", "Resume"),
        (CancelledEvent(), "cancelled", ""),
        (Failed(message=Message(code="run.disk_full", args={"path": "here"}), text="-"), "failed", "here"),
    ],
)
def test_that_a_run_that_stopped_says_why_and_can_be_resumed(
    page: TrainPage, project: Path, qtbot: QtBot, end: object, status: str, words: str
) -> None:
    root = write_run(project, end=end)  # type: ignore[arg-type]
    RunFolder(root).lock.write_text(json.dumps({"offset": 0, "exit": 137}))
    RunFolder(root).log.write_text("the last words\n")
    show(page, project, qtbot)
    run = page.studio.runs.runs[0]
    assert run.status == status
    assert page.header.resume.isVisibleTo(page) and not page.header.cancel.isVisibleTo(page)
    # While it waits in the queue it goes on by itself; held there by whoever killed its worker it does not.
    for state in ("waiting", "paused", "refused", "missing"):
        page.studio.runs.runs[-1].waiting = Waiting(0, None, state)
        page.header.refresh()
        assert page.header.resume.isVisibleTo(page) == (state in ("paused", "refused"))
    assert words in page.failure.text.text()
    assert page.failure.isVisibleTo(page) == (status != "cancelled")
    if status == "lost":
        assert "the last words" in page.failure.text.text()


def test_that_a_removed_run_can_be_brought_back(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    root = write_run(project)
    write_run(project, "second")
    show(page, project, qtbot)
    qtbot.mouseClick(page.header.trash, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.header.name.full == f"0001  {root.name[5:]}", timeout=PATIENCE_MS)
    assert len(page.studio.runs.runs) == 1
    qtbot.mouseClick(page._undo_row.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.header.name.full == "0002  second", timeout=PATIENCE_MS)


def test_that_the_form_starts_a_real_training_that_is_followed(page: TrainPage, project: Path, qtbot: QtBot) -> None:
    show(page, project, qtbot)
    page.form.values.update({"epochs": 1, "batch_size": 2, "threads": 1})
    qtbot.mouseClick(page.form.start, Qt.MouseButton.LeftButton)
    runs = page.studio.runs
    qtbot.waitUntil(lambda: bool(runs.runs) and page.stack.currentWidget() is page.run_view, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.state is PageState.BUSY, timeout=PATIENCE_MS)
    assert page.header.cancel.isVisibleTo(page)
    qtbot.waitUntil(lambda: runs.runs[0].status == "finished", timeout=PATIENCE_MS)
    assert page.curves is not None and page.curves.points("loss") == 3 and page.curves.points("map") == 1
    assert page.details.figures.isVisibleTo(page.details)


@pytest.fixture
def recipe(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Task]:
    """Starts a recipe whose worker is the test."""
    monkeypatch.setattr("studio.stores.work.tasks.begin", lambda root: None)

    def run() -> Task:
        studio.recipe.replace(Recipe(name="small", steps=(Step(technique="filter_prune"),)))
        return studio.runs.apply_recipe()

    return run


def make_run_of(task: Task, project: Path) -> Path:
    """As the recipe's worker does: the folder first, a moment later what it is."""
    root = write_run(project, "small-compress", end=None)
    job = TrainJob.model_validate_json(RunFolder(root).job.read_text())
    part = RecipePart(task=task.root.name, number=1)
    RunFolder(root).job.write_text(job.model_copy(update={"part": part}).model_dump_json())
    return root


def test_that_a_started_recipe_is_shown_until_its_run_is_there(
    page: TrainPage, recipe: Callable[[], Task], project: Path, qtbot: QtBot
) -> None:
    write_run(project)
    show(page, project, qtbot)
    assert page.stack.currentWidget() is page.run_view
    task = recipe()
    assert page.stack.currentWidget() is page.awaited and "small" in page.awaited.title.text()
    assert page.awaited.line.task is task and page.list.current() is None
    write_run(project, "somebody-elses")
    page.studio.runs.scan()
    qtbot.wait(300)
    assert page.stack.currentWidget() is page.awaited
    make_run_of(task, project)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.run_view, timeout=PATIENCE_MS)
    assert page.header.name.full == "0003  small-compress" and not page.awaited.waits
    current = page.list.current()
    assert current is not None and current.name == "0003-small-compress"


def test_that_a_page_that_is_built_later_shows_the_recipe_and_a_person_may_look_elsewhere(
    studio: Studio, page: TrainPage, recipe: Callable[[], Task], project: Path, qtbot: QtBot
) -> None:
    write_run(project)
    show(page, project, qtbot)
    task = recipe()
    page._show_first()
    assert page.stack.currentWidget() is page.awaited
    page.list.select(studio.runs.runs[0])
    assert page.stack.currentWidget() is page.run_view and page.awaited.line.task is None
    make_run_of(task, project)
    studio.runs.scan()
    qtbot.waitUntil(lambda: studio.runs.run_of(task) is not None, timeout=PATIENCE_MS)
    assert page.header.name.full == "0001  train" and studio.runs.awaited is None


def test_that_a_recipe_that_could_not_be_started_says_so(
    page: TrainPage, recipe: Callable[[], Task], project: Path, qtbot: QtBot
) -> None:
    write_run(project)
    show(page, project, qtbot)
    recipe().refuse(Message(code="studio.core.engine_silent"))
    assert page.stack.currentWidget() is page.awaited and page.awaited.note.isHidden()
    assert page.awaited.line.failure.isVisibleTo(page)


KEPT = Message(code="train.best_kept", args={"epoch": 3, "score": "40.0", "run": "0001-train"})
ROSE = {
    "factor": "80",
    "level": "160",
    "best": "2",
    "count": 200,
    "step": 700,
    "epoch": 2,
    "rate": "0.02",
    "lower": 1e-3,
}


def failed(code: str, **args: object) -> Failed:
    message = Message.model_validate({"code": code, "args": args})
    return Failed(message=message, text=message.text())


@pytest.mark.parametrize(
    ("end", "kinds", "resume"),
    [
        (failed("train.loss_rose", **ROSE, kept=KEPT), ["lower_rate", "from_best"], False),
        (failed("train.loss_rose", **ROSE, kept=Message(code="train.no_best")), ["lower_rate"], False),
        (failed("train.no_memory", batch=8, half=4), ["smaller_batch"], True),
        (failed("run.disk_full", path="here"), [], True),
    ],
)
def test_that_a_run_that_failed_offers_what_can_be_done(
    page: TrainPage, project: Path, qtbot: QtBot, end: Failed, kinds: list[str], resume: bool
) -> None:
    root = write_run(project, end=end)
    (root / "checkpoints").mkdir()
    (root / "checkpoints" / "best.safetensors").touch()
    show(page, project, qtbot)
    assert [offer.kind for offer in page.offers.offers] == kinds
    assert page.offers.isVisibleTo(page) == bool(kinds) and len(page.offers.buttons) == len(kinds)
    assert all(button.text().strip() and button.toolTip() for button in page.offers.buttons)
    assert page.header.resume.isVisibleTo(page) == resume
    assert bool(page.offers.none.text()) == (kinds == ["lower_rate"])


def test_that_an_offer_starts_a_run_of_its_own(
    page: TrainPage, project: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.stores.work.begin.begin", lambda root: None)
    write_run(project, end=failed("train.no_memory", batch=8, half=4))
    show(page, project, qtbot)
    qtbot.mouseClick(page.offers.buttons[0], Qt.MouseButton.LeftButton)
    runs = page.studio.runs
    qtbot.waitUntil(lambda: len(runs.runs) == 2 and runs.runs[1].job is not None, timeout=PATIENCE_MS)
    job = runs.runs[1].job
    assert isinstance(job, TrainJob) and job.settings.batch_size == 4 and runs.runs[1].name == "0002-train"
    qtbot.waitUntil(lambda: page.header.name.full == "0002  train", timeout=PATIENCE_MS)
    assert not page.offers.isVisibleTo(page)
