"""Clocks that jump by hours, forwards and back, while a job of any kind runs and while it goes on after a kill."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from engine.contract.run.events import Progress
from engine.contract.run.tail import EventTail
from tests.trial.ground import Call, Ground, new_mark
from tests.trial.kills.kinds import Kind, kinds
from tests.trial.kills.tries import Found, plain, reference
from tests.trial.kills.whole import broken_files, locked_folders
from tests.trial.marked import kill, marked, wait_until
from tests.trial.preload.build import build
from tests.trial.record import Outcome

NAME = "clocks"
WANTED = 30
HOUR = 3600.0
JUMPS = (0.0, HOUR, -HOUR, 7 * HOUR, -9 * HOUR, 400 * 24 * HOUR, -400 * 24 * HOUR, 0.5, -3.0, 60.0)


def tries(seed: int, first: int, ground: Ground) -> Generator[list[Outcome], None, None]:
    """Kind after kind without end."""
    library = build("jump", ground.root)
    if library is None:
        yield [Outcome(part=NAME, number=first, what="any", verdict="skipped", detail="no C compiler")]
        return
    every, known, number = list(kinds().values()), {}, first
    while True:
        kind, began = every[number % len(every)], time.monotonic()
        if kind.name not in known:
            known[kind.name] = reference(kind, ground)[0]
        chance = random.Random(f"{seed}:{NAME}:{number}")
        outcome = _try(kind, number, chance, ground, library, known[kind.name])
        yield [outcome.model_copy(update={"seconds": round(time.monotonic() - began, 1)})]
        number += 1


def _try(kind: Kind, number: int, chance: random.Random, ground: Ground, library: Path, wanted: Any) -> Outcome:
    place, mark = ground.place(), new_mark()
    ground.copied(place)
    clock = _Clock(place / "clock", library)
    outcome, jumps = Outcome(part=NAME, number=number, what=kind.name, count=0), 0
    try:
        call = ground.begin(kind.begin(ground, place), mark, clock.environment)
        stop_at = time.monotonic() + chance.uniform(2, 8) if chance.random() < 0.5 else None
        jumps += _jumping(call, clock, chance, stop_at)
        if call.process.poll() is None:  # killed half-way: it goes on at another time
            kill(marked(mark))
        said = call.end()
        if said.status == -9:
            wait_until(lambda: not marked(mark), 10)
            call = ground.begin(kind.words_again(ground, place), mark, clock.environment)
            jumps += _jumping(call, clock, chance, None)
            said = call.end()
        if said.fault is not None:
            raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
        _check(kind, place, plain(kind.product(place, said)), wanted)
    except Found as found:
        outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": found.detail[:2000]})
    ground.clear(mark, place)
    return outcome.model_copy(update={"count": jumps})


def _jumping(call: Call, clock: _Clock, chance: random.Random, stop_at: float | None) -> int:
    """Set the clock again and again until the end; how often."""
    jumps = 0
    while call.process.poll() is None and jumps < 200:
        if stop_at is not None and time.monotonic() > stop_at:
            break
        clock.set(chance.choice(JUMPS))
        jumps += 1
        wait_until(lambda: call.process.poll() is not None, chance.uniform(0.1, 1.5))
    return jumps


def _check(kind: Kind, place: Path, product: Any, wanted: Any) -> None:
    if product != wanted:
        raise Found("lost", f"not what comes without jumps: {str(product)[:600]} instead of {str(wanted)[:600]}")
    for events in place.rglob("events.jsonl"):
        for event in EventTail(events).read():
            if isinstance(event, Progress) and (event.done < 0 or (event.eta_s is not None and event.eta_s < 0)):
                raise Found("lost", f"{events.parent.name}: {event.done} of {event.total}, {event.eta_s} s left")
    for project in (place / "project", place / "made"):
        if project.is_dir() and (broken := broken_files(project)):
            raise Found("lost", "; ".join(broken))
    if locked_folders(place / "project"):
        raise Found("hung", "a lock is held though nobody works")


class _Clock:
    """What every process of a try takes for the time."""

    def __init__(self, file: Path, library: Path) -> None:
        self.file = file
        self.environment = {"LD_PRELOAD": str(library), "JUMP_STATE": str(file)}
        file.write_bytes(bytes(8))

    def set(self, seconds: float) -> None:
        """Jump, in place: the file is mapped by who looks at it."""
        with self.file.open("r+b") as stream:
            stream.write(struct.pack("d", seconds))
