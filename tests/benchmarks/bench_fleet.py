"""Short runs on one thread each: one after the other, two side by side without Ray, and by an embedded Ray."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.watch import outcome, watch
from engine.fleet.following import have_done
from engine.fleet.opening import opened
from tests.trial.fleet.ground import make_project, short_runs

COUNT, STEPS = 4, 100


def run() -> list[str]:
    """Wall time of all and how many times as fast that is, with the load of the machine before and after."""
    cases: dict[str, Callable[[ProjectFolder, Sequence[Path]], None]] = {
        "one after the other": _one_by_one,
        "two at once, as processes (--fleet local)": lambda folder, runs: _by("local", folder, runs),
    }
    if importlib.util.find_spec("ray") is not None:
        name = "two at once, by Ray (--fleet), its start and end included"
        cases[name] = lambda folder, runs: _by("ray", folder, runs)
    told = [f"{COUNT} runs of {STEPS} steps of SSDLite-small at 96 px, one thread each, load {_load()}:"]
    first = 0.0
    with tempfile.TemporaryDirectory() as root:
        folder = make_project(Path(root))
        for number, (name, case) in enumerate(cases.items()):
            runs = short_runs(folder, COUNT, STEPS, f"case-{number}")
            began = time.monotonic()
            case(folder, runs)
            seconds = time.monotonic() - began
            assert all(RunFolder(each).status() == "finished" for each in runs)
            first = first or seconds
            told.append(f"  {name}: {seconds:.0f} s, {first / seconds:.2f} x (load {_load()})")
    return told


def _one_by_one(folder: ProjectFolder, runs: Sequence[Path]) -> None:
    for each in runs:
        start(each)
        for _, state in watch(RunFolder(each)):  # noqa: B007 - the last state is what is wanted
            pass
        outcome(state)


def _by(word: str, folder: ProjectFolder, runs: Sequence[Path]) -> None:
    with opened(word, folder) as fleet, closing(have_done(fleet, runs)) as telling:
        for told in telling:
            if told.ended is not None:
                told.result()


def _load() -> str:
    return "/".join(f"{each:.1f}" for each in os.getloadavg())
