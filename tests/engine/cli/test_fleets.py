"""`--fleet` on the command line: what is refused leaves nothing behind, recipes share the cores, each is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.cli import fleets, main, waiting
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.queue.changes import pause_all, set_at_once
from engine.contract.queue.entries import entries
from engine.contract.queue.pace import Left
from engine.contract.queue.pump import enqueue
from engine.contract.recipe import Recipe, Step
from engine.contract.run.events import Event, Finished
from engine.contract.run.folder import RunFolder, read_job, start
from engine.contract.run.job import EvaluateJob, RecipeJob, RecipePart, TrainJob
from engine.contract.run.tail import EventTail
from engine.contract.text.messages import Cancelled, Message
from engine.contract.text.resources import ROOT
from engine.fleet import local
from engine.fleet.following import have_done
from engine.fleet.opening import opened


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """A project with a run that has weights of a kind, and two recipes beside it."""
    project = ProjectFolder(tmp_path / "project")
    project.root.mkdir()
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
    project.save(Project(name="test", detector=choice))
    job = TrainJob(choice=choice, index=str(project.index))
    run = project.new_run("base", job=job.model_dump_json())
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "best.safetensors").touch()
    for name in ("one", "two"):
        steps = (Step(technique="filter_prune", params={"ratio": 0.2}),)
        (tmp_path / f"{name}.json").write_text(Recipe(name=name, steps=steps).model_dump_json())
    return project


def words(folder: ProjectFolder, *more: str) -> list[str]:
    recipes = [str(folder.root.parent / f"{name}.json") for name in ("one", "two")]
    return ["compress", str(folder.root), *recipes, "--from", "1", *more]


def test_that_what_a_fleet_refuses_leaves_neither_tasks_nor_entries(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(words(folder, "--fleet")) == 2
    assert "make setup FLEET=1" in capsys.readouterr().err
    monkeypatch.setattr("engine.fleet.local.core_count", lambda: 1)
    assert main(words(folder, "--set", "threads=2", "--fleet", "local")) == 2
    assert "as many cores as 2" in capsys.readouterr().err
    assert list(folder.tasks.glob("*")) == [] and entries() == []


def test_that_recipes_share_the_cores_in_a_fleet_and_each_is_told(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[Any] = []

    def done_by(word: str, project: ProjectFolder, runs: Mapping[Path, str], **more: bool) -> None:
        given.extend((word, list(runs.values()), *(read_job(RunFolder(task)) for task in runs)))
        for task, name in runs.items():
            own = TrainJob(choice=project.load().detector, index="any", part=RecipePart(task=task.name, number=1))
            project.new_run(name, job=own.model_dump_json())

    monkeypatch.setattr(fleets, "done_by", done_by)
    monkeypatch.setattr(fleets, "core_count", lambda: 6)
    assert main([*words(folder, "--fleet", "head:6379"), "--json"]) == 0
    word, names, first, second = given
    assert (word, names) == ("head:6379", ["one", "two"])
    assert first.settings.threads == second.settings.threads == 3 and "threads" in first.fixed
    told = json.loads(capsys.readouterr().out)
    assert [recipe["run"] for recipe in told["recipes"]] == ["0002-one", "0003-two"]


def test_that_ranks_share_the_cores_of_their_recipe(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(fleets, "done_by", lambda _word, _project, runs, **_: given.extend(map(RunFolder, runs)))
    monkeypatch.setattr(fleets, "core_count", lambda: 8)
    monkeypatch.setattr("engine.cli.verbs.compress.report_recipes", lambda *_: None)
    assert main(words(folder, "--ranks", "2", "--fleet", "head:6379")) == 0
    asked = [job.settings for job in map(read_job, given) if isinstance(job, RecipeJob) and job.settings]
    assert [(each.threads, each.ranks) for each in asked] == [(2, 2), (2, 2)]


def test_that_a_word_that_names_no_fleet_is_refused_before_anything_is_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["fit", "nowhere", "1", "--macs", "0.4", "--fleet", "nowhere"]) == 2
    assert "nowhere is no fleet" in capsys.readouterr().err


def test_that_a_fit_is_not_given_a_token_that_whoever_begins_it_later_would_not_have(
    folder: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a-secret")
    fit = ["fit", str(folder.root), "nothing", "--macs", "0.4", "--fleet"]
    assert main([*fit, "head:6379"]) == 2
    told = capsys.readouterr().err
    assert "RAY_AUTH_TOKEN_PATH" in told and "a-secret" not in told
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    for words in ([*fit, "head:6379"], [*fit, "local"]):
        assert main(words) == 2 and "nothing" in capsys.readouterr().err


def test_that_a_fleet_on_this_machine_waits_for_what_the_queue_does_and_says_so(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = str(ROOT / "tests" / "fakes" / "jobs.py")
    monkeypatch.setattr(local, "start", partial(start, command=(sys.executable, jobs, "done")))
    before, *runs = (
        folder.new_run(name, job=EvaluateJob(run="any", index=str(folder.index), device="cpu").model_dump_json())
        for name in ("before", "one", "two")
    )
    set_at_once(1)
    enqueue(before, command=(sys.executable, jobs, "patient"))
    waited: list[bool] = []

    def waits_for(*_: object, **__: object) -> Message:
        waited.append(not any(RunFolder(run).events.exists() for run in runs))
        (before / "go").touch()
        return Message(code="queue.all_paused")

    monkeypatch.setattr(waiting, "waits_for", waits_for)
    states = fleets.done_by("local", folder, {run: run.name for run in runs}, json=False, all_or_none=True)
    assert waited and all(waited) and Message(code="queue.all_paused").text() in capsys.readouterr().err
    assert len(states) == 2 and entries() == []
    (first, end), (second, _) = ((events[0].time, events[-1].time) for events in map(events_of, (before, runs[0])))
    assert first < end <= second, "it began when that had ended"


def events_of(run: Path) -> list[Event]:
    return EventTail(RunFolder(run).events).read()


@pytest.fixture
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fleet on this machine does of a run is a job that goes on until its file `go` is there."""
    jobs = str(ROOT / "tests" / "fakes" / "jobs.py")
    monkeypatch.setattr(local, "start", partial(start, command=(sys.executable, jobs, "patient")))


def three(folder: ProjectFolder) -> dict[Path, str]:
    job = EvaluateJob(run="any", index=str(folder.index), device="cpu").model_dump_json()
    return {folder.new_run(name, job=job): name for name in ("one", "two", "three")}


def interrupted_when(monkeypatch: pytest.MonkeyPatch, due: Callable[[], bool]) -> None:
    """Ctrl-C as soon as something holds, once."""
    pressed = list[bool]()

    def watched(backend: Any, runs: Any, check: Callable[[], None], **more: Any) -> Any:
        def look() -> None:
            if not pressed and due():
                pressed.append(True)
                raise KeyboardInterrupt
            check()

        return have_done(backend, runs, look, **more)

    monkeypatch.setattr(fleets, "have_done", watched)


def test_that_ctrl_c_leaves_nothing_of_what_was_never_begun(
    folder: ProjectFolder, own_jobs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = three(folder)
    set_at_once(1)
    first, *others = runs
    interrupted_when(monkeypatch, lambda: RunFolder(first).status() == "running" and bool(events_of(first)))
    with pytest.raises(Cancelled):
        fleets.done_by("local", folder, runs, json=False, all_or_none=False)
    assert RunFolder(first).status() == "cancelled" and not any(run.exists() for run in others)
    told = capsys.readouterr().err
    assert Message(code="fleet.never_begun", args={"runs": "two, three"}).text() in told
    assert entries() == []


def test_that_ctrl_c_while_the_fleet_comes_up_leaves_nothing(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fleets, "opened", slow)
    runs = three(folder)
    with pytest.raises(Cancelled):
        fleets.done_by("ray", folder, runs, json=True, all_or_none=False)
    assert not any(run.exists() for run in runs) and entries() == []


def test_that_ctrl_c_leaves_what_the_queue_has_taken_over_to_the_queue(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = three(folder)
    first, *others = runs

    @contextmanager
    def led(*_: object, **__: object) -> Iterator[None]:
        pause_all()
        enqueue(first)
        yield

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fleets, "led", led)
    monkeypatch.setattr(fleets, "opened", pressed)
    with pytest.raises(Cancelled):
        fleets.done_by("local", folder, runs, json=True, all_or_none=False)
    assert first.is_dir() and not any(run.exists() for run in others)


def test_that_ctrl_c_when_all_is_done_keeps_nobody_from_what_came_out(
    folder: ProjectFolder, own_jobs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = three(folder)
    for run in runs:
        (run / "go").touch()

    @contextmanager
    def pressed_at_its_end(*given: Any) -> Iterator[Any]:
        with opened(*given) as backend:
            yield backend
        raise KeyboardInterrupt

    monkeypatch.setattr(fleets, "opened", pressed_at_its_end)
    states = fleets.done_by("local", folder, runs, json=False, all_or_none=False)
    assert len(states) == 3 and all(isinstance(state.terminal, Finished) for state in states)
    assert "(3 of 3)" in capsys.readouterr().err


@pytest.mark.parametrize(("at_once", "time"), [(0, "20 to 40 s"), (1, "30 to 60 s")])
def test_that_it_is_told_how_long_all_of_it_takes_by_how_much_is_done_at_once(
    folder: ProjectFolder, own_jobs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    at_once: int, time: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("engine.contract.queue.pump.pace", lambda *_: Left(10, 20, False, "0001-base"))
    monkeypatch.setattr(local, "core_count", lambda: 2)
    monkeypatch.setattr(local, "total_bytes", lambda: 64 << 30)
    set_at_once(at_once)
    runs = three(folder)
    interrupted_when(monkeypatch, lambda: True)
    with pytest.raises(Cancelled):
        fleets.done_by("local", folder, runs, json=False, all_or_none=False)
    assert f"All of it should take {time}, by the steps of 0001-base." in capsys.readouterr().err


def test_that_recipes_of_one_name_are_told_apart() -> None:
    assert fleets.told_apart(["a", "b"], ["a.json", "b.json"]) == ["a", "b"]
    assert fleets.told_apart(["a", "a", "b"], ["old/a.json", "new/a.json", "b"]) == ["old/a.json", "new/a.json", "b"]
    assert fleets.told_apart(["a", "a"], ["a.json", "a.json"]) == ["a.json (1)", "a.json (2)"]
