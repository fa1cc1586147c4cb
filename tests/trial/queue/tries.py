"""A queue of entries that is moved about and paused while all of its processes are killed: none lost, none done twice.

Every few tries a real training is measured beside instead: it must pause, and be measured in quiet.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contract.queue import changes
from engine.contract.queue.entries import entries
from engine.contract.queue.pump import enqueue, pump
from engine.contract.run.events import Finished, Metric, Notice, Stage
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob
from engine.contract.run.tail import EventTail
from engine.contract.text.resources import ROOT
from tests.trial.ground import QUICK, Ground, new_mark
from tests.trial.kills.tries import Found
from tests.trial.marked import VARIABLE, kill, marked, wait_until
from tests.trial.record import Outcome

NAME = "queue"
WANTED = 12
ENTRIES, AT_ONCE, KILLS = 20, 3, 6
QUIET_EVERY = 4
COMMAND = (sys.executable, str(ROOT / "tests" / "fakes" / "jobs.py"), "counted")


def tries(seed: int, first: int, ground: Ground) -> Generator[list[Outcome], None, None]:
    """One after the other without end."""
    number = first
    while True:
        chance, began = random.Random(f"{seed}:{NAME}:{number}"), time.monotonic()
        attempt = quiet if number % QUIET_EVERY == QUIET_EVERY - 1 else killed
        outcome = attempt(number, chance, ground)
        yield [outcome.model_copy(update={"seconds": round(time.monotonic() - began, 1)})]
        number += 1


def killed(number: int, chance: random.Random, ground: Ground, count: int = ENTRIES, kills: int = KILLS) -> Outcome:
    """Entries put in, everything killed again and again, and what they came to when nothing is killed any more."""
    place, mark = ground.place(), new_mark()
    outcome = Outcome(part=NAME, number=number, what=f"{count} entries", count=0)
    with _environment(XDG_STATE_HOME=str(place / "state"), **{VARIABLE: mark}):
        try:
            runs = [_run(place / "project", each) for each in range(count)]
            changes.set_at_once(AT_ONCE)
            numbers = [enqueue(run.root, command=COMMAND) for run in runs]
            _see_all(runs, numbers)
            told = [_all_killed(ground, mark, f"{number}:{each}", chance) for each in range(kills)]
            outcome = outcome.model_copy(update={"count": sum(told)})
            _to_the_end(runs)
            _check(runs)
        except Found as found:
            outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": found.detail[:2000]})
        ground.clear(mark, place)
    return outcome


def quiet(number: int, chance: random.Random, ground: Ground) -> Outcome:
    """A real training, and the host latency of another run beside it."""
    place, mark = ground.place(), new_mark()
    project = ground.copied(place)
    outcome = Outcome(part=NAME, number=number, what="host latency beside a training")
    training = ground.begin(("train", project, "--epochs", "10000", *QUICK), mark)
    try:
        run = RunFolder(project / "runs" / "0002-train")
        if not wait_until(lambda: len(_steps(run)) > 20 or training.process.poll() is not None, 120):
            raise Found("hung", "the training does not begin")
        wait_until(lambda: False, chance.uniform(0, 2))
        said = ground.begin(("host-bench", project, "1"), mark).end()
        if said.fault is not None or said.status != 0:
            raise Found("lost", f"host-bench: {said.status} {said.out[-400:]}{said.err[-400:]}")
        _see_quiet(project, run)
    except Found as found:
        outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": found.detail[:2000]})
    ground.clear(mark, place)
    training.end()
    return outcome


def _see_quiet(project: Path, training: RunFolder) -> None:
    (task,) = (project / ".cache" / "tasks").glob("host-*")
    told = EventTail(RunFolder(task).events).read()
    if any(isinstance(event, Notice) and event.message.code == "host.not_quiet" for event in told):
        raise Found("lost", "measured without quiet")
    stages = [event for event in told if isinstance(event, Stage)]
    began = next(event.time for event in stages if event.message.code == "host.measuring")
    ended = told[-1].time
    if not wait_until(lambda: _steps(training)[-1] > ended, 60):
        raise Found("hung", "the training does not go on after the measurement")
    beside = [at for at in _steps(training) if began + 0.2 < at < ended - 0.2]
    if beside:
        raise Found("lost", f"{len(beside)} steps were trained while it was measured for {ended - began:.1f} s")


def _steps(run: RunFolder) -> list[float]:
    return [event.time for event in EventTail(run.events).read() if isinstance(event, Metric)]


def _run(project: Path, number: int) -> RunFolder:
    folder = RunFolder(project / "runs" / f"{number:04d}-run")
    folder.root.mkdir(parents=True)
    job = EvaluateJob(run="any", index=str(project / "data" / "index.sqlite"))
    folder.job.write_text(job.model_dump_json(), encoding="utf-8")
    return folder


def _all_killed(ground: Ground, mark: str, seed: str, chance: random.Random) -> int:
    """Let somebody change the queue for a while, then kill all at once, in any order; how many were killed."""
    ground.begin((seed,), mark, dict(os.environ), "tests.trial.queue.person")
    wait_until(lambda: False, chance.uniform(0.5, 4.0))
    victims = marked(mark)
    victims = [each for each in victims if each.pid != os.getpid()]
    chance.shuffle(victims)
    return kill(victims)


def _see_all(runs: list[RunFolder], numbers: list[int]) -> None:
    """What was put in stands there, unless it has come to its end meanwhile."""
    there = {each.number for each in entries()}
    each = zip(runs, numbers, strict=True)
    lost = [number for run, number in each if number not in there and run.status() != "finished"]
    if lost or not there <= set(numbers):
        raise Found("lost", f"{numbers} were put in, {sorted(there)} are there, {lost} did not finish")


def _to_the_end(runs: list[RunFolder], limit_s: float = 240.0) -> None:
    until = time.monotonic() + limit_s
    while found := entries():
        for entry in found:
            if entry.state == "paused":
                changes.go_on(entry.number)
        pump()
        if time.monotonic() > until:
            left = ", ".join(f"{entry.number} {entry.state}" for entry in found)
            raise Found("hung", f"not at its end after {limit_s:.0f} s: {left}")
        time.sleep(0.2)


def _check(runs: list[RunFolder]) -> None:
    for run in runs:
        if run.status() != "finished":
            raise Found("lost", f"{run.root.name} is {run.status()}")
        ends = [event for event in EventTail(run.events).read() if isinstance(event, Finished)]
        sittings = (run.root / "sittings").read_text(encoding="utf-8").split("\n")
        ended = sum(line.startswith("ended") for line in sittings)
        # One that was killed between its last line and its last event is done anew, and rightly so.
        if len(ends) != 1 or not sittings[-2].startswith("ended"):
            raise Found("lost", f"{run.root.name} has {len(ends)} ends, did its work {ended} times: {sittings}")


@contextmanager
def _environment(**more: str) -> Iterator[None]:
    earlier = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in earlier.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
