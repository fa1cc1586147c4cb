"""A sensitivity measurement that is killed goes on where it was."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import read_record
from tests.end_to_end.conftest import Session, Trained

LIMIT_S = 120


def test_that_a_killed_measurement_goes_on_where_it_was(run: Session, trained: Trained) -> None:
    _, project, base = trained
    words = ("sensitivity", project, base["run"], "--criterion", "l1", "--ratios", "0.5")
    folder = project / "runs" / base["run"] / "sensitivity"
    kept = _killed_on_the_way([str(word) for word in words], project, folder)

    done = run(*words)["groups"]
    after = {file: file.stat().st_mtime_ns for file in folder.rglob("*.json")}
    assert 0 < len(kept) < len(after) == len(done)
    assert {file: after[file] for file in kept} == kept, "what was measured is not measured again"
    names = [file.stem for file in kept]
    for file in kept:
        file.unlink()
    assert run(*words, "--groups", *names)["groups"] == {name: done[name] for name in names}


def _killed_on_the_way(words: list[str], project: Path, folder: Path) -> dict[Path, int]:
    """The files that are there when the command and its workers are killed once they have measured something."""
    command = subprocess.Popen([sys.executable, "-m", "engine", *words], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + LIMIT_S
    while not list(folder.rglob("*.json")):
        assert command.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    command.kill()
    for task in (project / ".cache" / "tasks").glob("sensitivity-*"):
        record = read_record(RunFolder(task).lock)
        with contextlib.suppress(ProcessLookupError):
            if record is not None and record.pid is not None:
                os.kill(record.pid, signal.SIGKILL)
        while RunFolder(task).status() == "running":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    command.wait()
    return {file: file.stat().st_mtime_ns for file in folder.rglob("*.json")}
