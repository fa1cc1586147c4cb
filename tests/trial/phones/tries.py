"""A bench on a phone that goes wrong at a stage, or at a random moment of it; then once more on one that behaves."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from tests.fakes.faults import CASES, SURE, may_pass
from tests.fakes.phones import call
from tests.trial.ground import Ground, Said, new_mark
from tests.trial.kills.tries import Found
from tests.trial.kills.whole import broken_files, half_files
from tests.trial.marked import wait_until
from tests.trial.phones.desk import Desk, desk_of
from tests.trial.record import Outcome

NAME = "phones"
WANTED = 50
BEGINS_S = 120.0
GIVEN_UP_S = 5.0
"""A phone that no longer answers is given up so fast."""
ENDS_S = 5.0
"""And a worker that gives up has so long for the way out: to tidy the phone, to say it, to end."""
ALL_S = 120.0
"""A phone that is only slow, or whose one row fails, may take what a whole bench takes."""
GONE = ("unauthorized", "offline", "unplugged", "silence")
SERVER = "server killed"


def tries(seed: int, first: int, ground: Ground) -> Iterator[list[Outcome]]:
    """Every fault at every stage in a random order, then at random moments without end."""
    cases = [*CASES, *((SERVER, stage) for stage in ("phone.pushing", "phone.measuring", "phone.comparing"))]
    random.Random(f"{seed}:{NAME}").shuffle(cases)
    found, number = desk_of(ground), first
    while True:
        chance = random.Random(f"{seed}:{NAME}:{number}")
        fault, stage = cases[number] if number < len(cases) else chance.choice(cases)
        delay = 0.0 if number < len(cases) else chance.uniform(0, 1.5)
        yield [_try(found, number, fault, stage, delay)]
        number += 1


def _try(at: Desk, number: int, fault: str, stage: str, delay: float) -> Outcome:
    began = time.monotonic()
    outcome = Outcome(part=NAME, number=number, what=f"{fault} at {stage}" + (f" + {delay:.1f} s" if delay else ""))
    try:
        said, took = _faulty(at, fault, stage, delay)
        outcome = outcome.model_copy(update={"detail": f"{said.code or 'done'} after {took:.1f} s"})
        _judge(at, said, took, fault, stage if not delay else "")
        _again(at)
    except Found as found:
        outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": found.detail[:2000]})
    at.mend()
    at.tidy()
    return outcome.model_copy(update={"seconds": round(time.monotonic() - began, 1)})


def _faulty(at: Desk, fault: str, stage: str, delay: float) -> tuple[Said, float]:
    """The bench under a fault, and how long it took from then on."""
    at.empty()
    bench = at.ground.begin(at.words, new_mark())
    reached = wait_until(lambda: at.stage() == stage or bench.process.poll() is not None, BEGINS_S)
    if not reached:
        raise Found("hung", f"it did not come to {stage}: {bench.end(1).err[-300:]}")
    time.sleep(delay)
    if fault == SERVER:
        call("kill-server")
    else:
        at.phone.switch(fault)
    since = time.monotonic()
    said = bench.end(ALL_S)
    return said, time.monotonic() - since


def _judge(at: Desk, said: Said, took: float, fault: str, stage: str) -> None:
    name = fault.partition(":")[0]
    if said.fault is not None:
        raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    if name in GONE and said.status != 0 and took > GIVEN_UP_S + ENDS_S:
        raise Found("hung", f"{took:.1f} s from the fault to {said.code}")
    if stage and name in SURE:
        if said.status == 0 and not may_pass(fault, stage):
            raise Found("lost", f"a bench ended well under {fault} at {stage}")
        if said.status != 0 and SURE[name] and said.code not in SURE[name]:
            raise Found("unsaid", f"{said.code} names the wrong thing: {said.document}")
    # Nothing can be taken off a phone that went away, or that cannot be written any more.
    if said.status != 0 and name not in (*GONE, SERVER, "read_only") and not at.clean:
        raise Found("litter", f"{said.code}: the phone could be reached, and work is left on it")


def _again(at: Desk) -> None:
    at.mend()
    said = at.ground.call(*at.words)
    if said.status != 0:
        raise Found("lost", f"on a phone that behaves again it fails: {said.out[-500:]}{said.err[-300:]}")
    if not at.clean:
        raise Found("litter", "work is left on the phone after a bench that ended well")
    found = [*broken_files(at.place / "project"), *half_files(at.place / "project")]
    if found:
        raise Found("litter", "; ".join(found))
