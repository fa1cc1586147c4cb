"""The front on the Compare page, by mouse: it grows, tells its points, and becomes a recipe; what was lost goes on."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.fit.front import ALIGN, step_params
from engine.contract.project import ProjectFolder
from engine.contract.queue.changes import pause, pause_all
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import enqueue
from engine.contract.recipe import Recipe, Step
from engine.contract.run.folder import RunFolder
from studio.presenters.fit.front_rows import COLUMNS
from studio.stores.previews.previews import PreviewStore
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.compare.page import ComparePage
from studio.views.fit.entry import FITS, RUNS
from studio.views.fit.panel import FrontPanel
from studio.views.shell.main_window import MainWindow
from tests.studio.reach import cut_fields, cut_headers, cut_lists, out_of_reach
from tests.studio.reading import cut, overlapping, untranslated
from tests.studio.stores.told_fits import RATIOS, at_work, fit_of, points_of, tell_front, write_fit
from tests.studio.stores.told_runs import write_run
from tests.studio.widgets.test_schema import real_catalog

PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return real_catalog()


@pytest.fixture
def page(
    studio: Studio, window: MainWindow, project: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> ComparePage:
    """The page with the part of fits in front, in a project with four runs."""
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    monkeypatch.setattr(studio.pictures, "boxes", lambda *args, **more: None)
    studio.catalog.catalog = catalog
    base = write_run(project, score=60.0)
    for label in ("fit-trial-1", "fit-trial-2", "fit-winner"):
        write_run(project, label, base, score=53.0)
    assert studio.project.open(project)
    window.show_page("compare")
    made = window.page
    assert isinstance(made, ComparePage)
    qtbot.waitUntil(lambda: len(made.model.rows) == 4, timeout=PATIENCE_MS)
    segment = made.parts._group.button(FITS)
    qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)
    assert made.body.currentWidget() is made.front
    return made


def job_in(project: Path, **asked: object):  # type: ignore[no-untyped-def]
    return fit_of(project, project / "runs" / "0001-train", **asked)


def click_mark(panel: FrontPanel, key: str, qtbot: QtBot) -> None:
    """Click a point of the plot where it is drawn."""
    plot = panel.plot
    assert plot is not None
    view, spots = plot.plot.viewport(), [QPoint(), QPoint(1, 1)]

    def rests() -> bool:
        """On a busy machine the plot may still get its size."""
        mark = next(mark for mark in plot.drawn.marks if mark.key == key)
        spots.append(plot.plot.mapFromScene(plot.place_of(mark)))
        qtbot.wait(50)
        return spots[-1] == spots[-2] == spots[-3]

    qtbot.waitUntil(rests, timeout=PATIENCE_MS)
    qtbot.mouseMove(view, QPoint(2, 2))
    qtbot.wait(50)  # pyqtgraph leaves out moves that come within 10 ms of another
    qtbot.mouseMove(view, spots[-1])
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=spots[-1])
    qtbot.waitUntil(lambda: panel.point == key, timeout=PATIENCE_MS)


def click(widget: QWidget, qtbot: QtBot) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def keys(panel: FrontPanel) -> list[str]:
    assert panel.plot is not None
    return [mark.key for mark in panel.plot.drawn.marks if mark.kind != "other"]


def test_that_an_empty_project_says_what_a_fit_is(page: ComparePage) -> None:
    panel = page.front
    assert panel.stack.currentWidget() is panel.empty and panel.empty.button is not None


def test_that_the_front_grows_while_it_is_looked_at(page: ComparePage, project: Path, qtbot: QtBot) -> None:
    panel, job = page.front, job_in(project)
    task = write_fit(job, points_of()[:4])
    with at_work(task):
        page.studio.fits.look()
        qtbot.waitUntil(lambda: keys(panel) == ["base", "hollow-1", "hollow-2", "hollow-3"], timeout=PATIENCE_MS)
        assert panel.standing.text.text().startswith("Trying cuts: 0") and not panel.standing.resume.isVisible()
        qtbot.waitUntil(panel.task.isVisible, timeout=PATIENCE_MS)
        tell_front(task, job, points_of()[:6])
        qtbot.waitUntil(lambda: keys(panel)[-2:] == ["trial-1", "trial-2"], timeout=PATIENCE_MS)
        assert panel.standing.text.text().startswith("Trying cuts: 2") and panel.table.rowCount() == 3
        panel.choose("trial-1")
        tell_front(task, job, points_of(), met=True)
    qtbot.waitUntil(lambda: "winner" in keys(panel), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "is met" in panel.standing.text.text(), timeout=PATIENCE_MS)
    assert panel.point == "trial-1" and not panel.task.isVisible()
    states = {row.key: row.cells[COLUMNS.index("state")] for row in panel.table.rows}
    assert states["trial-1"] == "Slower than asked" and states["winner"] == "Targets met"


def test_that_a_point_is_chosen_by_mouse_and_becomes_a_recipe_that_undo_takes_back(
    page: ComparePage, project: Path, qtbot: QtBot
) -> None:
    studio, panel = page.studio, page.front
    studio.recipe.replace(Recipe(name="mine", steps=(Step(technique="distill"),)))
    write_fit(job_in(project), points_of(), met=True)
    studio.fits.look()
    qtbot.waitUntil(lambda: "winner" in keys(panel), timeout=PATIENCE_MS)
    assert not panel.recipe.isEnabled() and panel.recipe.toolTip()
    click_mark(panel, "hollow-1", qtbot)
    assert panel.point == "hollow-1" and panel.name.text() == "Not trained"
    assert "between 50.0 – 63.0" in panel.about.full
    assert not panel.compare.isEnabled() and panel.table.currentRow() == -1
    plot = panel.plot
    assert plot is not None
    qtbot.waitUntil(lambda: "between 50.0" in plot._card.text(), timeout=PATIENCE_MS)
    click(panel.recipe, qtbot)
    assert [step.technique for step in studio.recipe.recipe.steps] == ["filter_prune", "distill"]
    assert studio.recipe.recipe.steps[0].params == step_params(RATIOS, ALIGN)
    assert studio.recipe.base_run == "0001-train"
    window = page.window()
    assert isinstance(window, MainWindow) and window.page is window.pages["recipe"]
    studio.recipe.undo.undo()
    assert [step.technique for step in studio.recipe.recipe.steps] == ["distill"]


def test_that_table_and_plot_choose_the_same_point_and_it_is_set_beside_the_base(
    page: ComparePage, project: Path, qtbot: QtBot
) -> None:
    panel = page.front
    write_fit(job_in(project), points_of(), met=True)
    page.studio.fits.look()
    qtbot.waitUntil(lambda: panel.table.rowCount() == 4, timeout=PATIENCE_MS)
    item = panel.table.item(2, 0)
    assert item is not None and item.text() == "Trial 1"
    spot = panel.table.visualItemRect(item).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert panel.plot is not None and panel.plot.chosen == panel.point == "trial-1"
    panel.plot.setFocus()
    qtbot.keyClick(panel.plot, Qt.Key.Key_Right)
    assert panel.point == "hollow-2"
    panel.choose("trial-2")
    click(panel.compare, qtbot)
    assert page._names == ("0001-train", "0003-fit-trial-2") and page.body.currentIndex() == RUNS
    assert page.evaluate.isVisible()


def test_that_what_was_lost_goes_on_by_a_click(
    page: ComparePage, project: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr("studio.stores.work.tasks.begin", begun.append)
    task = write_fit(job_in(project), points_of()[:-1])
    page.studio.fits.look()
    panel = page.front
    qtbot.waitUntil(panel.standing.resume.isVisible, timeout=PATIENCE_MS)
    assert "2 trials done" in panel.standing.text.text()
    click(panel.standing.resume, qtbot)
    qtbot.waitUntil(lambda: begun == [task], timeout=PATIENCE_MS)


def test_that_what_was_killed_goes_on_from_the_queue_by_a_click(page: ComparePage, project: Path, qtbot: QtBot) -> None:
    panel, task = page.front, write_fit(job_in(project), points_of()[:-1])
    pause_all()
    number = enqueue(task)
    pause(number)  # as the queue does with one whose worker was killed
    page.studio.fits.look()
    qtbot.waitUntil(lambda: "Paused in the queue" in panel.task.text.full, timeout=PATIENCE_MS)
    assert "2 trials done" in panel.standing.text.text() and panel.standing.resume.isVisible()
    qtbot.waitUntil(lambda: not panel.task.resume.isVisible(), timeout=PATIENCE_MS)  # once its stream is read
    assert panel.task.stop.isEnabled()
    window = page.window()
    assert isinstance(window, MainWindow)
    row = next(row for job, row in window.jobs.jobs._rows.items() if isinstance(job, Task))
    assert row._resume.isVisibleTo(row) and row._stop.isVisibleTo(row)
    click(panel.standing.resume, qtbot)
    qtbot.waitUntil(lambda: not panel.standing.resume.isVisible(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "Waits" in panel.task.text.full, timeout=PATIENCE_MS)
    assert [entry.state for entry in entries()] == ["waiting"] and not panel.standing.isVisible()
    assert not row._resume.isVisibleTo(row)
    pause(number)
    qtbot.waitUntil(panel.standing.resume.isVisible, timeout=PATIENCE_MS)
    click(row._stop, qtbot)
    qtbot.waitUntil(lambda: entries() == [] and not panel.task.isVisible(), timeout=PATIENCE_MS)
    assert panel.standing.resume.isVisible() and task.is_dir()


def test_that_what_was_paused_before_it_began_goes_on_by_a_click(
    page: ComparePage, project: Path, qtbot: QtBot
) -> None:
    panel, root = page.front, ProjectFolder(project).new_task("fit")
    RunFolder(root).job.write_text(job_in(project).model_dump_json())
    pause_all()
    number = enqueue(root)
    page.studio.queue.look()
    qtbot.waitUntil(lambda: panel.task.isVisible() and "Waits" in panel.task.text.full, timeout=PATIENCE_MS)
    assert not panel.task.resume.isVisible()
    pause(number)
    qtbot.waitUntil(panel.task.resume.isVisible, timeout=PATIENCE_MS)
    assert not panel.standing.isVisible()
    click(panel.task.resume, qtbot)
    qtbot.waitUntil(lambda: not panel.task.resume.isVisible(), timeout=PATIENCE_MS)
    assert [entry.state for entry in entries()] == ["waiting"]


def test_that_the_list_of_jobs_shows_the_front(page: ComparePage, project: Path, qtbot: QtBot) -> None:
    window, task = page.window(), write_fit(job_in(project), points_of()[:-1])
    assert isinstance(window, MainWindow)
    page.show_part(RUNS)
    window.show_page("data")
    with at_work(task):
        page.studio.fits.look()
        qtbot.waitUntil(lambda: len(page.studio.tasks.tasks) == 1, timeout=PATIENCE_MS)
        row = next(row for job, row in window.jobs.jobs._rows.items() if isinstance(job, Task))
        click(row._front, qtbot)
        assert window.page is page and page.body.currentWidget() is page.front
        others = [row for job, row in window.jobs.jobs._rows.items() if not isinstance(job, Task)]
        assert not any(row._front.isVisibleTo(row) for row in others)
        qtbot.waitUntil(lambda: page.front.task.isVisible(), timeout=PATIENCE_MS)


def test_that_another_fit_is_chosen_from_the_list_and_the_language_changes(
    page: ComparePage, project: Path, qtbot: QtBot
) -> None:
    panel, studio = page.front, page.studio
    write_fit(job_in(project, ms=None, phone=None, threads=1, macs=0.4), points_of()[:2])
    write_fit(job_in(project), points_of(), met=True)
    studio.fits.look()
    qtbot.waitUntil(lambda: panel.fits.count() == 2, timeout=PATIENCE_MS)
    assert panel.fits.currentText().startswith("0001-train: at most 5 ms")
    panel.fits.setCurrentIndex(1)
    panel.fits.activated.emit(1)
    assert panel.plot is not None and panel.plot.drawn.axis == "macs"
    assert panel.table.isColumnHidden(COLUMNS.index("time"))
    studio.settings.update(language="zh")
    assert "40 %" in panel.fits.currentText() and "at most" not in panel.fits.currentText()
    studio.settings.update(language="en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_that_nothing_of_a_front_is_cut_or_out_of_reach(
    page: ComparePage, project: Path, language: str, qtbot: QtBot
) -> None:
    window = page.window()
    write_fit(job_in(project, points=2.0), points_of(), met=True)
    page.studio.fits.look()
    qtbot.waitUntil(lambda: page.front.table.rowCount() == 4, timeout=PATIENCE_MS)
    page.front.choose("trial-2")
    page.studio.settings.update(language=language)
    found = []
    for width, height in ((1440, 900), (1280, 720), (960, 540)):
        window.resize(width, height)
        with contextlib.suppress(QtBot.TimeoutError):
            qtbot.waitUntil(lambda: not cut(window) and not out_of_reach(window), timeout=5_000)
        for look in (cut, overlapping, out_of_reach, cut_headers, cut_fields, cut_lists):
            found += [f"{width} x {height}: {look.__name__}: {each}" for each in look(window)]
        if language == "zh":
            found += untranslated(window)
    assert found == []
