"""A recipe is a job whose runs are runs like any other: followed, stopped, lost and resumed; they do fake jobs here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli import main
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.queue.pump import enqueue
from engine.contract.run.events import Failed
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.lineage import recipe_job, resumable, runs_of, unfinished_recipes
from engine.contract.run.stopping import stop
from engine.contract.run.tail import EventTail
from engine.contract.system.locks import is_locked
from tests.fakes.recipes import command, kill, make_task, state_of
from tests.fakes.waiting import wait


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project")
    made.save(Project(name="test", detector=DetectorChoice(key="any", size=96, classes=("a",))))
    return made


@pytest.fixture
def task(folder: ProjectFolder) -> Iterator[RunFolder]:
    made = make_task(folder.root, folder.root / "base")
    yield made
    stop(made.root, ask=0, terminate=0)


def end_of(run: RunFolder) -> str:
    wait(lambda: not is_locked(run.lock))
    return run.status()


def runs(task: RunFolder) -> list[RunFolder]:
    return [RunFolder(root) for _, root in sorted(runs_of(task.root).items())]


def waiting_run(task: RunFolder) -> RunFolder:
    """The first run, once its patient worker waits."""
    wait(lambda: [run for run in runs(task) if run.events.is_file() and state_of(run).stage is not None])
    return runs(task)[0]


def test_that_runs_are_done_one_after_another_and_told(task: RunFolder, folder: ProjectFolder) -> None:
    start(task.root, command("done"))
    assert end_of(task) == "finished", task.last_log_lines()
    first, second = runs(task)
    assert [run.root.name for run in (first, second)] == ["0001-mine-first", "0002-mine-second"]
    assert [run.status() for run in (first, second)] == ["finished", "finished"]
    told = [event for event in EventTail(task.events).read() if event.type == "stage"]
    whole = [event.text for event in told if event.type == "stage"]
    assert "Run 2 of 2, 0002-mine-second: starting" in whole
    assert [event.unit for event in EventTail(task.events).read() if event.type == "progress"][-1] == "steps"
    assert unfinished_recipes(folder) == [] and resumable(first.root) == first.root


def test_that_a_cancel_reaches_the_run_and_resuming_goes_on_with_it(task: RunFolder, folder: ProjectFolder) -> None:
    start(task.root, command("patient"))
    run = waiting_run(task)
    assert stop(task.root) == "cancelled"
    assert (run.status(), len(runs(task))) == ("cancelled", 1)
    assert unfinished_recipes(folder) == [task.root] and resumable(run.root) == task.root
    start(task.root, command("done"))
    assert end_of(task) == "finished"
    assert [len(state_of(run).sittings) for run in runs(task)] == [2, 1]


def test_that_an_impatient_stop_and_a_deaf_run_leave_nothing_at_work(task: RunFolder) -> None:
    start(task.root, command("deaf"))
    wait(lambda: runs(task) and state_of(runs(task)[0]).notices)
    (run,) = runs(task)
    stop(task.root, ask=0, terminate=0)
    assert not is_locked(run.lock) and not is_locked(task.lock)


def test_that_a_run_that_is_cancelled_cancels_its_recipe(task: RunFolder) -> None:
    start(task.root, command("patient"))
    stop(waiting_run(task).root)
    assert end_of(task) == "cancelled" and len(runs(task)) == 1


@pytest.mark.parametrize(("child", "usage"), [("refuse", True), ("fail", False)])
def test_that_a_run_that_fails_fails_its_recipe_with_its_words(
    task: RunFolder, folder: ProjectFolder, child: str, usage: bool
) -> None:
    start(task.root, command(child))
    assert end_of(task) == "failed"
    (run,) = runs(task)
    (told, own) = (state_of(each).terminal for each in (task, run))
    assert isinstance(told, Failed) and isinstance(own, Failed)
    assert (told.message, told.usage) == (own.message, usage)
    assert unfinished_recipes(folder) == [task.root]


def test_that_a_recipe_that_is_refused_is_not_offered_to_go_on_with(folder: ProjectFolder) -> None:
    task = make_task(folder.root, None)
    start(task.root, command())
    assert end_of(task) == "failed"
    terminal = state_of(task).terminal
    assert isinstance(terminal, Failed) and terminal.message.code == "compress.no_base" and terminal.usage
    assert unfinished_recipes(folder) == []


def test_that_a_run_that_outlives_its_recipe_is_followed(task: RunFolder) -> None:
    start(task.root, command("patient"))
    run = waiting_run(task)
    kill(task)
    assert (task.status(), run.status()) == ("lost", "running")
    start(task.root, command("done"))
    wait(lambda: state_of(task).stage is not None and len(state_of(task).sittings) == 2)
    (run.root / "go").touch()
    assert end_of(task) == "finished"
    assert [len(state_of(run).sittings) for run in runs(task)] == [1, 1]


@pytest.mark.parametrize("point", ["unmade:1", "made:1", "started:1", "done:1", "unmade:2", "made:2", "done:2"])
def test_that_a_recipe_killed_anywhere_makes_no_run_twice(task: RunFolder, folder: ProjectFolder, point: str) -> None:
    start(task.root, command("done", point))
    assert end_of(task) == "lost"
    start(task.root, command("done"))
    assert end_of(task) == "finished"
    assert [run.root for run in runs(task)] == sorted(folder.runs.iterdir())
    assert [(run.status(), len(state_of(run).sittings)) for run in runs(task)] == [("finished", 1)] * 2


def test_that_show_tells_of_an_unfinished_recipe_and_resume_takes_its_name(
    task: RunFolder, folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start(task.root, command("done", "done:1"))
    assert end_of(task) == "lost"
    assert main(["show", str(folder.root)]) == 0
    assert f"espalier resume {folder.root} {task.root.name}" in capsys.readouterr().out
    monkeypatch.setattr("engine.cli.follow.enqueue", lambda root, planned: enqueue(root, command=command("done")))
    for words in ([task.root.name], ["1"]):
        status = main(["resume", str(folder.root), *words, "--json"])
        told = capsys.readouterr().out
        assert status == (0 if words[0] != "1" else 2), told
    job = recipe_job(task.root)
    assert job is not None and job.recipe.name == "mine" and task.status() == "finished"
