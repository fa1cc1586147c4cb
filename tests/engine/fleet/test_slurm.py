"""SLURM by stand-ins: what sbatch is asked, what a job does when its time is over, what is read of its answer."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.contract.run.folder import RunFolder, start
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Message
from engine.contract.text.resources import ROOT
from engine.fleet.piece import Demand, Piece
from engine.fleet.slurm_job import read_answer
from engine.fleet.witness import witness
from tests.fakes.waiting import wait

JOBS = ROOT / "tests" / "fakes" / "jobs.py"
with_submitit = pytest.mark.skipif(
    importlib.util.find_spec("submitit") is None, reason="submitit is not installed (make setup FLEET=1)"
)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs called as SLURM's; each writes down what it was told."""
    programs = tmp_path / "slurm"
    programs.mkdir()
    for name, does in {
        "srun": "exit 0",
        "sacct": "exit 0",
        "sbatch": f'cp "$1" {programs}/script; echo Submitted batch job 7',
        "scancel": f"echo $* >> {programs}/scancel.txt; exit 1",
        "scontrol": f"echo $* >> {programs}/scontrol.txt; test ! -e {programs}/refuses || {{ echo no >&2; exit 1; }}",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return programs


def obeying(run: RunFolder, held: str, answer: Path) -> subprocess.Popen[bytes]:
    code = f"""
        from engine.fleet.slurm_job import obey
        obey({str(run.root)!r}, 0, {held!r}, {str(answer)!r})
    """
    environment = os.environ | {"SLURM_JOB_ID": "7"}
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, env=environment)


def test_that_a_job_whose_time_is_over_stops_its_run_and_asks_to_go_on(
    run: RunFolder, slurm: Path, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.json"
    for refused in (False, True):
        start(run.root, (sys.executable, str(JOBS), "patient"))
        wait(run.events.is_file)
        if refused:
            (slurm / "refuses").touch()
        with witness(tmp_path) as held, obeying(run, held, answer) as job:
            wait(lambda: "SigCgt" in (told := Path(f"/proc/{job.pid}/status").read_text()) and catches(told))
            job.send_signal(signal.SIGUSR2)
            assert (job.wait(60) == 0) == refused
        assert not is_locked(run.lock) and run.status() == "cancelled"
        assert not run.cancel.exists(), "nobody asked for it: it goes on"
        assert (slurm / "scontrol.txt").read_text().split()[-2:] == ["requeue", "7"]
        assert answer.exists() == refused
    told = read_answer(answer, run.root.name, None)
    assert told is not None and told.code == "fleet.no_time_left" and "SBATCH_TIMELIMIT" in told.text()


def catches(told: str) -> bool:
    """Whether a process, by its status, has said what it does at SIGUSR2."""
    line = next(line for line in told.splitlines() if line.startswith("SigCgt"))
    return bool(int(line.split()[1], 16) >> (signal.SIGUSR2 - 1) & 1)


def test_that_a_machine_that_does_not_see_the_drivers_lock_refuses(run: RunFolder, tmp_path: Path) -> None:
    with witness(tmp_path) as held:
        pass
    Path(held).touch()
    answer = tmp_path / "answer.json"
    with obeying(run, held, answer) as job:
        assert job.wait(60) == 0
    told = read_answer(answer, run.root.name, None)
    assert told is not None and told.code == "fleet.no_locks" and not run.events.exists()


def test_that_a_job_without_an_answer_is_told_by_its_last_words(tmp_path: Path) -> None:
    job = SimpleNamespace(stderr=lambda: "slurmstepd: error\nOut of memory\n", state="OUT_OF_MEMORY")
    for spoilt in (None, "", "[1]", '{"nothing": 1}'):
        if spoilt is not None:
            (tmp_path / "answer.json").write_text(spoilt)
        told = read_answer(tmp_path / "answer.json", "0001-test", job)
        assert told == Message(code="fleet.given_up", args={"run": "0001-test", "reason": "Out of memory"})
    (tmp_path / "answer.json").write_text(json.dumps(None))
    assert read_answer(tmp_path / "answer.json", "0001-test", job) is None


@with_submitit
def test_what_sbatch_is_asked_and_that_its_pickle_is_not_read(run: RunFolder, slurm: Path, tmp_path: Path) -> None:
    from engine.fleet.slurm import Slurm

    fleet = Slurm(tmp_path)
    fleet.begin(Piece(run.root, Demand(3, 1724, 1)))
    script = (slurm / "script").read_text()
    asked = {line.split("--", 1)[1] for line in script.splitlines() if line.startswith("#SBATCH")}
    assert {"cpus-per-task=3", "mem=2GB", "gpus-per-node=1", "job-name=0001-test"} <= asked
    assert not [each for each in asked if each.startswith("time")], "the site's own limit, or SBATCH_TIMELIMIT"
    fleet.begin(Piece(tmp_path / "0002-test", Demand(1, 10)))
    assert "gpus" not in (slurm / "script").read_text(), "what one asked for, the next does not"
    fleet.stop([tmp_path / "0002-test"])
    assert fleet.ended() == {}
    (tmp_path / "slurm" / "0001-test.json").write_text("null")
    (tmp_path / "slurm" / "7_0_result.pkl").write_bytes(pickle.dumps(_Poison(str(tmp_path / "poisoned"))))
    assert fleet.ended() == {run.root: None}
    fleet.close()
    assert not (tmp_path / "poisoned").exists() and not list(tmp_path.glob("driver-*.lock"))


@with_submitit
def test_that_a_full_disk_and_a_job_that_slurm_does_not_know_leave_none_unstopped(
    run: RunFolder, slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.fleet import slurm as module

    monkeypatch.setattr(module, "ASK_S", 0.1)
    monkeypatch.setattr(module, "STOP_S", 0.1)
    others = [RunFolder(tmp_path / name) for name in ("0002-test", "0003-test")]
    fleet = module.Slurm(tmp_path)
    for folder in (run, *others):
        folder.root.mkdir(exist_ok=True)
        fleet.begin(Piece(folder.root, Demand()))
    start(run.root, (sys.executable, str(JOBS), "patient"))
    wait(run.events.is_file)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "touch", full)
    fleet.close()
    assert len((slurm / "scancel.txt").read_text().splitlines()) == 3


class _Poison:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, (self.path,)
