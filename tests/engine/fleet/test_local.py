"""The fleet that is this machine, with jobs that stand in for real ones: what every fleet has to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.events import Hello, Metric
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.run.state import RunState
from engine.contract.run.stopping import stop
from engine.contract.run.tail import EventTail
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.contract.text.resources import ROOT
from engine.fleet import following, local
from engine.fleet.following import Told, have_done
from engine.fleet.local import Local
from engine.fleet.opening import opened
from engine.fleet.piece import Demand, Piece
from tests.fakes.waiting import wait

JOBS = ROOT / "tests" / "fakes" / "jobs.py"


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project")
    project.root.mkdir()
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
    project.save(Project(name="test", detector=choice))
    return project


def runs_of(folder: ProjectFolder, count: int) -> list[Path]:
    job = EvaluateJob(run="any", index="any", device="cpu").model_dump_json()
    return [folder.new_run(f"n{number}", job=job) for number in range(count)]


def doing(monkeypatch: pytest.MonkeyPatch, name: str, cores: int = 2) -> None:
    """Have every worker do the job `name`, on a machine with so many cores."""
    command = (sys.executable, str(JOBS), name)
    monkeypatch.setattr(local, "start", partial(start, command=command))
    monkeypatch.setattr(local, "core_count", lambda: cores)


def test_all_are_done_no_more_at_once_than_there_are_cores(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "done", cores=2)
    runs = runs_of(folder, 5)
    most, told = 0, list[Told]()
    with opened("local", folder) as fleet, closing(have_done(fleet, runs)) as telling:
        for each in telling:
            told.append(each)
            most = max(most, sum(is_locked(RunFolder(run).lock) for run in runs))
    assert sorted(each.run for each in told if each.ended == "finished") == sorted(runs)
    assert most <= 2
    for run in runs:
        mine = [event for each in told if each.run == run for event in each.events]
        assert mine == EventTail(RunFolder(run).events).read(), "what a run tells is told once, in order"
        assert sum(isinstance(event, Hello) for event in mine) == 1


def test_one_that_is_finished_is_left_alone_and_one_that_somebody_is_at_is_followed(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "done")
    before, at_work, fresh = runs_of(folder, 3)
    with opened("local", folder) as fleet:
        list(have_done(fleet, [before]))
    said = RunFolder(before).events.read_bytes()
    start(at_work, (sys.executable, str(JOBS), "patient"))
    wait(lambda: RunFolder(at_work).events.is_file())
    (at_work / "go").touch()
    with opened("local", folder) as fleet:
        ended = {told.run: told.ended for told in have_done(fleet, [before, at_work, fresh]) if told.ended}
    assert ended == dict.fromkeys((before, at_work, fresh), "finished")
    assert RunFolder(before).events.read_bytes() == said
    hellos = [event for event in EventTail(RunFolder(at_work).events).read() if isinstance(event, Hello)]
    assert len(hellos) == 1, "it was not begun a second time"


def test_what_is_told_of_each_end(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    doing(monkeypatch, "refuse")
    run = runs_of(folder, 1)[0]
    with opened("local", folder) as fleet:
        last = list(have_done(fleet, [run]))[-1]
    assert last.ended == "failed"
    with pytest.raises(UserError, match="somewhere"):
        last.result()
    run.joinpath("job.json").unlink()
    with pytest.raises(UserError), opened("local", folder) as fleet:
        list(have_done(fleet, [run]))
    with pytest.raises(JobFailed, match="FLEET=1"):
        Told(run, [], last.state, "lost", UserError("fleet.no_ray").message).result()


def test_that_what_ends_the_following_stops_all_and_begins_nothing_more(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "patient", cores=2)
    runs = runs_of(folder, 4)

    def check() -> None:
        if sum(RunFolder(run).events.is_file() for run in runs) == 2:
            raise Cancelled

    with pytest.raises(Cancelled), opened("local", folder) as fleet:
        list(have_done(fleet, runs, check))
    assert not any(is_locked(RunFolder(run).lock) for run in runs)
    assert sorted(RunFolder(run).status() for run in runs) == ["cancelled", "cancelled", "queued", "queued"]


def test_that_a_full_disk_or_one_that_cannot_be_stopped_leaves_no_other_at_work(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "patient", cores=3)
    runs, stopped = runs_of(folder, 3), list[Path]()
    fleet = Local()
    for run in runs:
        fleet.begin(Piece(run, Demand()))
    wait(lambda: all(RunFolder(run).events.is_file() for run in runs))

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    def stops(run: Path) -> None:
        stop(run, ask=0)
        stopped.append(run)
        raise UserError("run.elsewhere", path=str(run), host="node-7")

    monkeypatch.setattr(Path, "touch", full)
    monkeypatch.setattr(local, "stop", stops)
    with pytest.raises(UserError, match="node-7"):
        fleet.close()
    assert sorted(stopped) == runs and not any(is_locked(RunFolder(run).lock) for run in runs)


def test_a_run_may_follow_on_another(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    doing(monkeypatch, "done")
    first, second = runs_of(folder, 2)
    with opened("local", folder) as fleet:
        following = have_done(fleet, [first], then=lambda run: second if run == first else None)
        ends = [told.run for told in following if told.ended == "finished"]
    assert ends == [first, second]


def test_that_a_sitting_after_one_that_was_cancelled_goes_on_and_tells_only_what_is_new(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "done")
    run = runs_of(folder, 1)[0]
    fleet = Local()
    start(run, (sys.executable, str(JOBS), "crash"))
    wait(lambda: not is_locked(RunFolder(run).lock))
    told = [event for each in have_done(fleet, [run]) for event in each.events]
    assert [event.type for event in told][0] == "hello" and "failed" not in [event.type for event in told]
    assert sum(isinstance(event, Metric) for event in told) == 5


class _OneAtATime:
    """Turns that come one after the other; what is `out` was taken out of the queue."""

    def __init__(self, out: Path) -> None:
        self.out, self.given = out, list[Path]()

    def due(self, waiting: Collection[Path]) -> list[Path]:
        free = not self.given or not is_locked(RunFolder(self.given[-1]).lock)
        found = [run for run in waiting if run != self.out][:free]
        self.given += found
        return found

    def taken_out(self, waiting: Collection[Path]) -> list[Path]:
        return [run for run in waiting if run == self.out]


def test_that_each_begins_in_its_turn_and_what_was_begun_already_is_followed_without(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "done", cores=4)
    monkeypatch.setattr(following, "TURN_S", 0.0)
    at_work, first, second, out = runs = runs_of(folder, 4)
    start(at_work, (sys.executable, str(JOBS), "done"))
    turns, most = _OneAtATime(out), 0
    ended: dict[Path, str] = {}
    with opened("local", folder) as fleet, closing(have_done(fleet, runs, turns=turns)) as telling:
        for told in telling:
            most = max(most, sum(is_locked(RunFolder(run).lock) for run in (first, second)))
            if told.ended is not None:
                ended[told.run] = told.ended
                last = told
    assert turns.given == [first, second] and most == 1 and last.ended is not None
    assert ended == {**dict.fromkeys((at_work, first, second), "finished"), out: "cancelled"}
    with pytest.raises(Cancelled):
        Told(out, [], RunState(), "cancelled").result()
    assert RunFolder(out).status() == "queued", "nobody ever worked on it"


def test_that_one_whose_folder_went_while_it_waited_was_cancelled(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "done", cores=1)
    first, second = runs_of(folder, 2)
    with opened("local", folder) as fleet, closing(have_done(fleet, [first, second])) as telling:
        for told in telling:
            if told.run == first and second.is_dir():
                shutil.rmtree(second)  # as who cancels it in the queue does
    assert (told.run, told.ended, told.trouble) == (second, "cancelled", None)


def test_that_ray_and_submitit_are_asked_for_in_a_sentence_with_the_remedy(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for word, package, code in (("ray", "ray", "fleet.no_ray"), ("slurm", "submitit", "fleet.no_submitit")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(UserError) as refused, opened(word, folder):
            pass
        assert refused.value.message.code == code
        assert "make setup FLEET=1" in refused.value.message.text()


def test_that_a_fleet_that_lost_every_machine_that_could_says_so_and_does_not_wait_for_ever(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, "done")
    monkeypatch.setattr(following, "LOOK_S", 0.0)
    monkeypatch.setattr(following, "NOBODY_S", 0.5)
    fleet = Local()
    monkeypatch.setattr(fleet, "begin", lambda piece: monkeypatch.setattr(fleet, "nodes", list))
    with pytest.raises(JobFailed, match="no machine of the fleet"):
        list(have_done(fleet, runs_of(folder, 1)))
