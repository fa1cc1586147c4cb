"""The tries: a job is begun, killed once to three times, each time gone on with, and compared with an untouched one."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from engine.contract.run.lock import LockRecord, read_record
from tests.trial.ground import Call, Ground, Said, new_mark
from tests.trial.kills.kinds import Kind, kinds
from tests.trial.kills.whole import broken_files, half_files, locked_folders, numbers_twice
from tests.trial.marked import Marked, kill, marked, wait_until
from tests.trial.phones.desk import Desk, desk_of
from tests.trial.record import Outcome, Verdict

NAME = "kills"
WANTED = 100
GONE_S = 10.0
VICTIMS = ("worker", "keeper", "starter", "any", "any", "all")


class Found(Exception):
    """What ends a try: a verdict that is not right."""

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(detail)
        self.verdict, self.detail = verdict, detail


def tries(seed: int, first: int, ground: Ground) -> Generator[list[Outcome], None, None]:
    """One try after the other without end, from number `first` on."""
    known: dict[str, tuple[Any, float]] = {}
    number = first
    every = [*kinds().values(), bench(desk_of(ground))]
    while True:
        chance = random.Random(f"{seed}:{NAME}:{number}")
        kind = every[number % len(every)]
        began = time.monotonic()
        if kind.name not in known:
            known[kind.name] = reference(kind, ground)
        outcome = attempt(kind, number, chance, ground, known[kind.name])
        yield [outcome.model_copy(update={"seconds": round(time.monotonic() - began, 1)})]
        number += 1


def bench(at: Desk) -> Kind:
    """A bench on a simulated phone, which behaves."""

    def words(ground: Ground, place: Path) -> tuple[object, ...]:
        return at.words_in(place)

    def names(place: Path, said: Said) -> Any:
        return sorted({figure["name"] for figure in said.document.get("figures", ())}), at.clean

    return Kind("bench", words, names)


def reference(kind: Kind, ground: Ground) -> tuple[Any, float]:
    """What a kind comes to when nothing is killed, and how long that takes."""
    place = ground.place()
    ground.copied(place)
    said = ground.call(*kind.begin(ground, place))
    if said.status != 0:
        raise RuntimeError(f"{kind.name} fails without any kill: {said.out}{said.err}")
    product = plain(kind.product(place, said))
    ground.clear("", place)
    return product, said.seconds


def attempt(kind: Kind, number: int, chance: random.Random, ground: Ground, known: tuple[Any, float]) -> Outcome:
    """One try; what it was is told by the outcome."""
    place, mark = ground.place(), new_mark()
    ground.copied(place)
    told: list[str] = []
    outcome = Outcome(part=NAME, number=number, what=kind.name, count=0)
    try:
        call = ground.begin(kind.begin(ground, place), mark)
        for _ in range(chance.choice((1, 1, 2, 3))):
            call = _killed(call, kind, chance, ground, place, known[1], told)
        said = _finished(call, kind, ground, place)
        # What was killed half-way stands in the queue, and goes on beside a command that begins anew.
        wait_until(lambda: not marked(mark), 240)
        _check(kind, place, said, known[0])
        outcome = outcome.model_copy(update={"detail": "; ".join(told)})
    except Found as found:
        detail = f"{'; '.join(told)}: {found.detail}"[:2000]
        outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": detail})
    ground.clear(mark, place)
    return outcome.model_copy(update={"count": len(told)})


def _killed(
    call: Call, kind: Kind, chance: random.Random, ground: Ground, place: Path, takes_s: float, told: list[str]
) -> Call:
    """Kill something at a random moment, see that nothing is left, and go on; the command line that now runs."""
    moment, role = chance.uniform(0.05, takes_s * 1.02), chance.choice(VICTIMS)
    wait_until(lambda: call.process.poll() is not None, moment)
    alive = marked(call.mark)
    victims = chosen(role, alive, call.process.pid, place, chance)
    if kill(victims):
        told.append(f"{role} at {moment:.1f} s ({', '.join(sorted({victim.name for victim in victims}))})")
    _see_that_all_ends(call, place)
    said = call.end()
    if said.fault is not None and said.status != -9:
        raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    return ground.begin(kind.words_again(ground, place), call.mark)


def chosen(role: str, alive: list[Marked], starter: int, place: Path, chance: random.Random) -> list[Marked]:
    """Who is killed; anybody where there is nobody of that role."""
    if role == "all" or not alive:
        return alive
    records = [read_record(folder.lock) or LockRecord() for folder in locked_folders(place / "project")]
    roles: dict[str, set[int | None]] = {
        "starter": {starter},
        "worker": {record.pid for record in records},
        "keeper": {record.keeper for record in records},
    }
    fitting = [process for process in alive if process.pid in roles.get(role, set())]
    return [chance.choice(fitting or alive)]


def _see_that_all_ends(call: Call, place: Path) -> None:
    """Only who works on a run that is locked, or follows one, may live longer than ten seconds after a kill."""
    if not wait_until(lambda: not _unasked(call, place), GONE_S):
        names = ", ".join(process.name for process in _unasked(call, place))
        raise Found("alive", f"alive after {GONE_S:.0f} s: {names}")
    if not wait_until(lambda: not marked(call.mark), 240):
        raise Found("hung", f"works on after 240 s: {', '.join(process.name for process in marked(call.mark))}")


def _unasked(call: Call, place: Path) -> list[Marked]:
    alive = marked(call.mark)
    if not alive or call.words[0] in ("new", "sync"):
        # Its task lies in a folder of its own, which ends with it: nobody else follows it.
        return [process for process in alive if process.pid != call.process.pid] if call.process.poll() else []
    busy = locked_folders(place / "project")
    return [] if busy else alive


def _finished(call: Call, kind: Kind, ground: Ground, place: Path) -> Said:
    """Let it come to its end, with one more go where a kill came before anything could be kept."""
    said = call.end()
    for _ in range(2):
        if said.fault is not None:
            raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
        if said.status == 0 and said.words[0] != "show":
            return said
        words = kind.words_again(ground, place)
        said = ground.begin(words, call.mark).end()
    if said.status != 0:
        raise Found("lost", f"it cannot be brought to its end: {said.out[-400:]}{said.err[-400:]}")
    return said


def _check(kind: Kind, place: Path, said: Said, wanted: Any) -> None:
    projects = [folder for folder in (place / "project", place / "made") if folder.is_dir()]
    for project in projects:
        for verdict, found in (
            ("lost", broken_files(project)),
            ("lost", numbers_twice(project)),
            ("litter", half_files(project)),
        ):
            if found:
                raise Found(verdict, f"{project.name}: {'; '.join(found)}")  # type: ignore[arg-type]
    product = plain(kind.product(place, said))
    if product != wanted:
        raise Found("lost", f"not what comes without a kill: {str(product)[:600]} instead of {str(wanted)[:600]}")


def plain(product: Any) -> Any:
    """As JSON has it, so that tuples and lists compare."""
    return json.loads(json.dumps(product, sort_keys=True))
