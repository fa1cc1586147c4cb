"""What a person looks at on the phone page stays there, whatever finishes; old measurements are found again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.phones import keep
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Finished, Hello
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import BenchJob
from engine.contract.run.lock import RunLock
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.phone.page import MEASURE, PhonePage
from studio.views.shell.work.jobs_dock import JobRow
from tests.studio.conftest import settle
from tests.studio.stores.told_benches import bench
from tests.studio.stores.told_runs import line as event_line
from tests.studio.stores.told_runs import write_run

PATIENCE_MS = 60_000


@pytest.fixture
def page(studio: Studio, project: Path, qtbot: QtBot) -> Iterator[PhonePage]:
    base = write_run(project)
    write_run(project, "cut", base)
    made = PhonePage(studio)
    made.resize(1050, 700)
    made.show()
    studio.project.open(project)
    made.show_part(MEASURE)
    made.activated()
    qtbot.waitUntil(lambda: made.measure.run.count() == 2 and made.measure._settled, timeout=PATIENCE_MS)
    yield made
    studio.close()
    made.close()
    made.deleteLater()
    settle()


def shown(page: PhonePage) -> str | None:
    result = page.results.bench
    return result.run if result is not None else None


def finish_another(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    """A third run finishes."""
    count = page.measure.run.count()
    write_run(project, "later", ProjectFolder(project).runs / "0001-train")
    qtbot.waitUntil(lambda: page.measure.run.count() == count + 1, timeout=PATIENCE_MS)


def measured(page: PhonePage, project: Path, run: str, time: float) -> Task:
    """A bench of a run that was at work when the page began to follow it, and ends."""
    folder = ProjectFolder(project)
    root = folder.new_task("bench")
    job = BenchJob(run=str(folder.runs / run), index=str(folder.index), cache="any", serial="R5CT1")
    RunFolder(root).job.write_text(job.model_dump_json())
    lock = RunLock.take(RunFolder(root).lock)
    RunFolder(root).events.write_text(event_line(0, Hello(pid=1, versions={}, device="CPU")))
    task = Task(root, "", job, page.studio.following, page.studio.tasks)
    page.studio.tasks._add(task)
    assert page.bench_task.task is task
    result = bench(run, time)
    keep(folder.runs / run, result)
    RunFolder(root).result.write_text(json.dumps({"bench": result.model_dump(mode="json", exclude_none=True)}))
    with RunFolder(root).events.open("a") as file:
        file.write(event_line(1, Finished()))
    lock.close()
    return task


def test_that_the_result_stays_on_the_screen_when_another_run_finishes(
    page: PhonePage, project: Path, qtbot: QtBot
) -> None:
    keep(ProjectFolder(project).runs / "0002-cut", bench("0002-cut"))
    page.activated()
    qtbot.waitUntil(lambda: shown(page) == "0002-cut", timeout=PATIENCE_MS)
    finish_another(page, project, qtbot)
    assert page.measure.run.currentData() == "0002-cut" and shown(page) == "0002-cut"
    assert page.results.heading.text() == "Measured: 0002-cut"
    cell = page.results.table.cells["fp16", 4]
    assert all(word in cell.toolTip() for word in ("0002-cut", "fp16", "ARM", "4 threads", "Mi 9", "2026-"))


def test_that_a_run_that_was_chosen_stays_chosen_for_good(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    page.measure.choose("0001-train")
    page.hide()
    finish_another(page, project, qtbot)
    page.show()
    page.activated()
    assert page.measure.run.currentData() == "0001-train"
    assert page.studio.project.open(project)
    qtbot.waitUntil(lambda: page.measure.run.count() == 3, timeout=PATIENCE_MS)
    assert page.measure.run.currentData() == "0001-train"


def test_that_a_page_that_nobody_looks_at_offers_the_latest_run(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    page.hide()
    finish_another(page, project, qtbot)
    assert page.measure.run.currentData() == "0003-later"


def test_that_a_measurement_of_another_run_is_told_and_shown_on_request(
    page: PhonePage, project: Path, qtbot: QtBot
) -> None:
    keep(ProjectFolder(project).runs / "0002-cut", bench("0002-cut", 1_780_000_000.0))
    page.measure.choose("0002-cut")
    task = measured(page, project, "0001-train", 1_790_000_000.0)
    qtbot.waitUntil(page.news.isVisible, timeout=PATIENCE_MS)
    assert page.measure.run.currentData() == "0002-cut" and page.news.show_it.isVisible()
    assert page.news.text.full.startswith("0001-train was measured: 7.50 ms · fp16, 4 threads")
    row = JobRow(task, page.studio)
    assert row._stage.full.startswith("7.50 ms · fp16, 4 threads")
    row.deleteLater()
    qtbot.waitUntil(lambda: page.everywhere.list.count() == 2, timeout=PATIENCE_MS)
    page.news.show_it.click()
    qtbot.waitUntil(lambda: shown(page) == "0001-train", timeout=PATIENCE_MS)
    assert page.measure.run.currentData() == "0001-train" and not page.news.show_it.isVisible()
    page.news.away.click()
    assert not page.news.isVisible()


def test_that_old_measurements_of_any_run_are_found_again(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    runs = ProjectFolder(project).runs
    for name, time in (("0001-train", 1_780_000_000.0), ("0002-cut", 1_785_000_000.0), ("0002-cut", 1_790_000_000.0)):
        keep(runs / name, bench(name, time))
    page.activated()
    qtbot.waitUntil(lambda: page.everywhere.list.count() == 3, timeout=PATIENCE_MS)
    assert page.everywhere.isVisible() and page.everywhere.list.currentRow() == 0
    page.everywhere.list.itemActivated.emit(page.everywhere.list.item(1))
    assert shown(page) == "0002-cut" and page.results.history.currentIndex() == 1
    keep(runs / "0002-cut", bench("0002-cut", 1_795_000_000.0))
    page.benches.reload()
    qtbot.waitUntil(lambda: page.everywhere.list.count() == 4, timeout=PATIENCE_MS)
    assert page.results.bench is not None and page.results.bench.time == 1_785_000_000.0
    page.everywhere.list.itemActivated.emit(page.everywhere.list.item(3))
    assert shown(page) == "0001-train" and page.measure.run.currentData() == "0001-train"
