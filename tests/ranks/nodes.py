"""Two launchers on loopback as two machines: `espalier train --nodes` and `espalier join`, then a node killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import read_record
from engine.contract.system.environment import engine_environment
from tests.ranks.kills import differing, wait

Child = subprocess.Popen[bytes]
OPTIONS = ("--epochs", "2", "--set", "batch_size=4", "--set", "threads=1", "--set", "checkpoint_every=2")


def espalier(*words: object) -> subprocess.Popen[bytes]:
    """A command of ours, with its output where ours goes."""
    return subprocess.Popen([sys.executable, "-m", "engine", *map(str, words)], env=engine_environment())


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


def compare(project: Path) -> None:
    """By two launchers the same weights as by one with two ranks; after a kill and a resume, too."""
    one = trained(project, "one", ("--ranks", "2"), joins=False)
    nodes = ("--nodes", *(f"127.0.0.1:{free_port()}" for _ in range(2)))
    two = trained(project, "two", nodes, joins=True)
    assert not differing(one, two), differing(one, two)
    print("two launchers: the same weights as two ranks of one", flush=True)
    killed = trained(project, "killed", nodes, joins=True, kill_after=1)
    assert not differing(one, killed), differing(one, killed)
    print("a node killed, resumed and joined again: the same weights", flush=True)
    killed = trained(project, "first-killed", nodes, joins=True, kill_after=1, first=True)
    assert not differing(one, killed), differing(one, killed)
    print("the first node killed, which goes on and is joined again by itself: the same weights", flush=True)


def trained(
    project: Path, name: str, words: tuple[str, ...], joins: bool, kill_after: int = 0, first: bool = False
) -> RunFolder:
    """A finished run; one launcher, or the worker of the `first` with its keeper, is killed after that many steps."""
    starter = espalier("train", project, "--name", name, *words, *OPTIONS)
    run = _run(project, name)
    joining = espalier("join", project, run.root.name, "--node", 1) if joins else None
    if kill_after and joining is not None:
        while '"name":"loss"' not in (run.events.read_text() if run.events.exists() else ""):
            time.sleep(0.05)
        if first:
            record = read_record(run.lock)
            assert record is not None and record.pid is not None and record.keeper is not None
            for process in (record.keeper, record.pid):
                os.kill(process, signal.SIGKILL)
            return _ended(run, starter, joining)
        began = time.monotonic()
        os.kill(joining.pid, signal.SIGKILL)
        joining.wait()
        starter.wait(120)
        print(f"node 1 killed: {run.status()} after {time.monotonic() - began:.1f} s", flush=True)
        starter = espalier("resume", project, run.root.name)
        joining = espalier("join", project, run.root.name, "--node", 1)
    return _ended(run, starter, joining)


def _ended(run: RunFolder, starter: Child, joining: Child | None) -> RunFolder:
    assert starter.wait(400) == 0
    assert joining is None or joining.wait(60) == 0
    assert wait(run) == "finished"
    return run


def _run(project: Path, name: str) -> RunFolder:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        for path in ProjectFolder(project).runs.glob(f"*-{name}"):
            if (path / "job.json").is_file():
                return RunFolder(path)
        time.sleep(0.1)
    raise AssertionError(name)
