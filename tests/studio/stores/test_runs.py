"""Runs come, go, are stopped and followed, whoever started them; workers are the fakes of tests/fakes/jobs.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Hello
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob, ProjectJob
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from studio.stores.run import Run
from studio.studio import Studio
from tests.fakes.recipes import command, make_task

PATIENCE_MS = 60_000


def make_run(project: Path, label: str = "train") -> Path:
    """A run folder with a job that a fake worker can do."""
    root = ProjectFolder(project).new_run(label)
    job = EvaluateJob(run=str(root), index=str(ProjectFolder(project).index))
    RunFolder(root).job.write_text(job.model_dump_json())
    return root


def begin(root: Path, name: str) -> None:
    start(root, (sys.executable, str(ROOT / "tests" / "fakes" / "jobs.py"), name))


@pytest.fixture
def opened(studio: Studio, project: Path) -> Studio:
    assert studio.project.open(project)
    return studio


def only(studio: Studio, qtbot: QtBot) -> Run:
    """The one run that shows up."""
    qtbot.waitUntil(lambda: len(studio.runs.runs) == 1, timeout=PATIENCE_MS)
    return studio.runs.runs[0]


def test_that_a_run_of_the_command_line_shows_up_and_is_followed(opened: Studio, project: Path, qtbot: QtBot) -> None:
    root = make_run(project)
    begin(root, "done")
    run = only(opened, qtbot)
    qtbot.waitUntil(lambda: run.status == "finished", timeout=PATIENCE_MS)
    assert (run.name, run.number, run.label) == (root.name, 1, "train")
    assert [step for step, _ in run.state.metrics["loss"]] == list(range(5))
    assert opened.runs.by_name(root.name) is run and opened.runs.tree() == [(run, 0)]


def test_that_a_run_is_stopped_and_the_window_stays_alive(opened: Studio, project: Path, qtbot: QtBot) -> None:
    root = make_run(project)
    begin(root, "patient")
    run = only(opened, qtbot)
    qtbot.waitUntil(lambda: run.state.stage is not None, timeout=PATIENCE_MS)
    assert opened.runs.active() is run
    opened.runs.cancel(run)
    qtbot.waitUntil(lambda: run.status == "cancelled", timeout=PATIENCE_MS)
    assert opened.runs.active() is None


def test_that_a_run_that_failed_says_why(opened: Studio, project: Path, qtbot: QtBot) -> None:
    begin(make_run(project), "refuse")
    run = only(opened, qtbot)
    qtbot.waitUntil(lambda: run.status == "failed", timeout=PATIENCE_MS)
    assert run.error is not None and run.error.code == "test.refused"


def test_that_the_trash_gives_back_what_it_was_given(opened: Studio, project: Path, qtbot: QtBot) -> None:
    root = make_run(project)
    run = only(opened, qtbot)
    qtbot.waitUntil(lambda: run.caught_up, timeout=PATIENCE_MS)
    opened.runs.trash(run)
    assert (opened.runs.runs, opened.runs.in_trash(), root.exists()) == ([], [root.name], False)
    opened.runs.restore(root.name)
    assert [run.name for run in opened.runs.runs] == [root.name]
    assert opened.runs.in_trash() == []


def test_that_a_broken_run_is_shown_and_leaves_the_others_alone(opened: Studio, project: Path, qtbot: QtBot) -> None:
    broken = make_run(project, "broken")
    RunFolder(broken).events.write_text("{}\n")
    bad = only(opened, qtbot)
    qtbot.waitUntil(lambda: bad.error is not None, timeout=PATIENCE_MS)
    begin(make_run(project), "done")
    qtbot.waitUntil(lambda: len(opened.runs.runs) == 2, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: opened.runs.runs[1].status == "finished", timeout=PATIENCE_MS)


def test_that_a_killed_studio_leaves_its_run_to_the_next(opened: Studio, project: Path, qtbot: QtBot) -> None:
    root = make_run(project)
    code = f"""
        import sys, time
        from pathlib import Path
        from PySide6.QtCore import QCoreApplication, QTimer
        from engine.contract.run.folder import start
        from studio.studio import Studio
        app = QCoreApplication([])
        studio = Studio()
        studio.project.open({str(project)!r})
        start(Path({str(root)!r}), (sys.executable, {str(ROOT / "tests" / "fakes" / "jobs.py")!r}, "patient"))
        QTimer.singleShot(0, lambda: print("up", flush=True))
        app.exec()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == b"up\n"
        os.killpg(first.pid, signal.SIGKILL)
    try:
        run = only(opened, qtbot)
        qtbot.waitUntil(lambda: run.state.stage is not None, timeout=PATIENCE_MS)
        assert is_locked(RunFolder(root).lock)
        opened.runs.cancel(run)
        qtbot.waitUntil(lambda: run.status == "cancelled", timeout=PATIENCE_MS)
    finally:
        stop(root)


def test_that_a_recipe_that_is_refused_says_why(opened: Studio, project: Path, qtbot: QtBot) -> None:
    opened.recipe.insert("no_such_technique")
    task = opened.runs.apply_recipe()
    with qtbot.waitSignal(task.finished, timeout=PATIENCE_MS):
        pass
    assert task.status == "failed"
    assert task.error is not None and task.error.code == "compress.no_base"


@pytest.fixture
def recipe(project: Path) -> Iterator[RunFolder]:
    """The folder of a recipe that nobody works on yet."""
    task = make_task(project, project / "base")
    yield task
    stop(task.root, ask=0, terminate=0)


def test_that_a_recipe_at_work_is_found_again_and_is_stopped_with_its_run(
    studio: Studio, project: Path, recipe: RunFolder, qtbot: QtBot
) -> None:
    start(recipe.root, command("patient"))
    assert studio.project.open(project)
    (task,) = studio.tasks.tasks
    assert task.title == "Apply recipe mine"
    run = only(studio, qtbot)
    qtbot.waitUntil(lambda: run.state.stage is not None and task.state.stage is not None, timeout=PATIENCE_MS)
    assert task.status == "running" and not task.resumable
    task.cancel()
    qtbot.waitUntil(lambda: (task.status, run.status) == ("cancelled", "cancelled"), timeout=PATIENCE_MS)
    assert task.resumable


def test_that_a_lost_recipe_is_shown_and_goes_on(
    studio: Studio, project: Path, recipe: RunFolder, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(recipe.root, command("done", "done:1"))
    qtbot.waitUntil(lambda: recipe.status() == "lost" and not is_locked(recipe.lock), timeout=PATIENCE_MS)
    assert studio.project.open(project)
    (task,) = studio.tasks.tasks
    qtbot.waitUntil(lambda: task.status == "lost" and len(studio.runs.runs) == 1, timeout=PATIENCE_MS)
    monkeypatch.setattr("studio.stores.work.tasks.begin", lambda root: start(root, command("done")))
    with qtbot.waitSignal(studio.tasks.finished, timeout=PATIENCE_MS):
        task.resume()
        qtbot.waitUntil(lambda: task.status != "lost", timeout=PATIENCE_MS)
    assert task.status == "finished" and task.result()["runs"] == ["0001-mine-first", "0002-mine-second"]
    qtbot.waitUntil(lambda: [run.status for run in studio.runs.runs] == ["finished"] * 2, timeout=PATIENCE_MS)


def test_that_resuming_a_run_goes_on_with_its_recipe(
    studio: Studio, project: Path, recipe: RunFolder, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(recipe.root, command("patient"))
    assert studio.project.open(project)
    run = only(studio, qtbot)
    qtbot.waitUntil(lambda: run.state.stage is not None, timeout=PATIENCE_MS)
    studio.runs.cancel(run)
    (task,) = studio.tasks.tasks
    qtbot.waitUntil(lambda: (task.status, run.status) == ("cancelled", "cancelled"), timeout=PATIENCE_MS)
    monkeypatch.setattr("studio.stores.work.begin.begin", lambda root: start(root, command("done")))
    with qtbot.waitSignal(studio.tasks.finished, timeout=PATIENCE_MS):
        studio.runs.resume(run)
    assert task.status == "finished" and studio.tasks.tasks == [task]


def test_that_a_task_that_is_refused_says_why(opened: Studio, project: Path, qtbot: QtBot) -> None:
    job = ProjectJob(dir=str(project), source="/nowhere", detector="ssdlite_mobilenet_v3_small")
    task = opened.tasks.start(job, "Look")
    with qtbot.waitSignal(task.finished, timeout=4 * PATIENCE_MS):
        pass
    assert (task.title, task.status) == ("Look", "failed")
    assert task.error is not None


def test_that_a_lost_fit_is_shown_and_can_go_on(studio: Studio, project: Path, qtbot: QtBot) -> None:
    fit = RunFolder(ProjectFolder(project).new_task("fit"))
    fit.job.write_text(
        FitJob(project=str(project), start=str(project / "runs" / "0001-base"), macs=0.5).model_dump_json()
    )
    fit.events.write_text(Hello(pid=1, versions={}, device="none").model_dump_json() + "\n")
    assert fit.status() == "lost" and studio.project.open(project)
    (task,) = studio.tasks.tasks
    qtbot.waitUntil(lambda: task.status == "lost", timeout=PATIENCE_MS)
    assert task.title == "Fitting 0001-base to a phone" and task.resumable
