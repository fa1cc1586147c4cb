"""Runs come, go, are stopped and followed, whoever started them; workers are the fakes of tests/fakes/jobs.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob, ProjectJob
from engine.contract.run.stopping import stop
from engine.contract.system.locks import is_locked
from engine.contract.text.resources import ROOT
from studio.stores.run import Run
from studio.stores.work.task import RecipeTask
from studio.studio import Studio
from studio.workers.recipe_process import RecipeProcess

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


def test_that_a_recipe_between_two_runs_is_found_again(studio: Studio, project: Path, qtbot: QtBot) -> None:
    root = ProjectFolder(project).new_task("recipe")
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as sleeper:
        from engine.contract.system.processes import start_time

        record = f'{{"pid": {sleeper.pid}, "started": {start_time(sleeper.pid)}, "name": "mine"}}'
        (root / "process.json").write_text(record)
        assert studio.project.open(project)
        (task,) = studio.tasks.tasks
        assert isinstance(task, RecipeTask) and task.title == "Apply recipe mine"
        qtbot.waitUntil(lambda: task.status == "running", timeout=PATIENCE_MS)
        task.cancel()
        sleeper.wait(30)
        qtbot.waitUntil(lambda: task.ended, timeout=PATIENCE_MS)
    assert task.status == "lost"
    assert not RecipeProcess(root).alive()


def test_that_a_task_that_is_refused_says_why(opened: Studio, project: Path, qtbot: QtBot) -> None:
    job = ProjectJob(dir=str(project), source="/nowhere", detector="ssdlite_mobilenet_v3_small")
    task = opened.tasks.start(job, "Look")
    with qtbot.waitSignal(task.finished, timeout=4 * PATIENCE_MS):
        pass
    assert (task.title, task.status) == ("Look", "failed")
    assert task.error is not None
