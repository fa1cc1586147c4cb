"""Quiet for measurements, by real workers: who computes lets go, and who is killed leaves nobody waiting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from engine.contract.queue.gate import Gate
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import EvaluateJob
from engine.contract.run.lock import read_record
from engine.contract.run.stopping import stop
from engine.contract.system.environment import engine_environment
from engine.contract.system.processes import find_process
from engine.contract.text.messages import Cancelled
from engine.contract.text.resources import ROOT

JOBS = ROOT / "tests" / "fakes" / "jobs.py"
HOLD = """
import time
from engine.contract.queue.gate import Gate
with Gate.of_this_machine().computing():
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[[str], RunFolder]]:
    made: list[RunFolder] = []

    def begin(name: str, *files: str) -> RunFolder:
        folder = RunFolder(tmp_path / f"{len(made)}-{name}")
        folder.root.mkdir()
        folder.job.write_text(EvaluateJob(run="any", index="any").model_dump_json())
        for file in files:
            (folder.root / file).touch()
        start(folder.root, (sys.executable, str(JOBS), name))
        made.append(folder)
        return folder

    yield begin
    for folder in made:
        stop(folder.root, ask=0, terminate=0)


def wait(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def steps(run: RunFolder) -> list[float]:
    file = run.root / "steps"
    return [float(line) for line in file.read_text().split()[:-1]] if file.exists() else []


def _goes_on(run: RunFolder, after: float) -> bool:
    return steps(run)[-1] > after


def test_who_computes_pauses_while_somebody_measures_and_goes_on_after_it(launch: Callable) -> None:
    busy = [launch("busy"), launch("busy")]
    wait(lambda: all(len(steps(run)) > 5 for run in busy))
    measured = launch("measured")
    wait(lambda: measured.status() == "finished")
    result = json.loads(measured.result.read_text())
    assert result["quiet"] is True
    for run in busy:
        wait(partial(_goes_on, run, result["ended"]))
        # The last step may have been told a moment after its check.
        assert [each for each in steps(run) if result["began"] + 0.1 < each < result["ended"]] == []


def test_one_that_pauses_can_be_cancelled_and_one_that_is_killed_leaves_nobody_waiting(launch: Callable) -> None:
    first, second = launch("busy"), launch("busy")
    wait(lambda: steps(first) and steps(second))
    measured = launch("measured", "long")
    wait(lambda: (measured.root / "measuring").exists())
    count = len(steps(first))
    assert stop(second.root) == "cancelled"
    record = read_record(measured.lock)
    assert record is not None and record.keeper is not None and len(steps(first)) - count <= 1
    os.kill(record.keeper, signal.SIGKILL)
    wait(lambda: len(steps(first)) > count + 5)
    assert measured.status() == "lost"


def test_who_does_not_let_go_is_not_waited_for_for_ever_and_a_wait_can_be_cancelled() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], env=engine_environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"holds\n"
        gate = Gate.of_this_machine()
        with gate.quiet(limit_s=0.3) as quiet:
            assert quiet is False

        def cancelled() -> None:
            raise Cancelled

        with pytest.raises(Cancelled), gate.quiet(cancelled):
            pass
        process.kill()
    with gate.quiet(limit_s=10) as quiet:
        assert quiet is True


def test_nobody_measures_beside_another_who_measures_however_long_that_takes() -> None:
    first, second = Gate.of_this_machine(), Gate.of_this_machine()
    told: list[bool] = []

    def measure() -> None:
        with second.quiet(limit_s=0.1) as quiet:
            told.append(quiet)

    thread = threading.Thread(target=measure)
    with first.quiet() as quiet:
        assert quiet is True
        thread.start()
        time.sleep(0.5)  # for longer than for who computes
        assert told == []
    thread.join()
    assert told == [True]


def test_a_parent_that_waits_for_its_part_is_no_hindrance_and_counts_again_after_it() -> None:
    parent, part = Gate.of_this_machine(), Gate.of_this_machine()
    with parent.computing():
        with part.quiet(limit_s=0.1) as quiet:
            assert quiet is False
        with parent.idle(), part.computing(), part.quiet(limit_s=10) as quiet:
            assert quiet is True
        with part.quiet(limit_s=0.1) as quiet:
            assert quiet is False


def test_children_of_who_pauses_are_halted_too(tmp_path: Path) -> None:
    code = """
import os, subprocess, time
from engine.contract.queue.gate import Gate
gate = Gate.of_this_machine()
child = subprocess.Popen(["sleep", "60"])
with gate.computing():
    print(child.pid, flush=True)
    while True:
        gate.make_way(lambda: None)
        time.sleep(0.01)
"""
    told = subprocess.Popen(
        [sys.executable, "-c", code], env=engine_environment(), stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert told.stdout is not None
        child = int(told.stdout.readline())
        gate = Gate.of_this_machine()
        with gate.quiet(limit_s=30) as quiet:
            assert quiet is True
            found = find_process(child)
            assert found is not None and found.state == "T"
        wait(lambda: (now := find_process(child)) is not None and now.state != "T")
    finally:
        os.killpg(told.pid, signal.SIGKILL)
        told.communicate()


def test_without_a_folder_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    gate = Gate.of_this_machine()
    with gate.computing(), gate.quiet() as quiet:
        gate.make_way(lambda: None)
        assert quiet is False
