"""Folders that cannot be written, and a project that is moved or deleted while a job works in it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from engine.contract.run.folder import RunFolder
from tests.trial.ground import Ground, new_mark
from tests.trial.kills.kinds import Kind, kinds
from tests.trial.kills.tries import GONE_S, Found
from tests.trial.kills.whole import broken_files
from tests.trial.marked import marked, wait_until
from tests.trial.record import Outcome

NAME = "folders"
WANTED = 30


def tries(seed: int, first: int, ground: Ground) -> Generator[list[Outcome], None, None]:
    """Way after way, with kind after kind, without end."""
    every, number = list(kinds().values()), first
    while True:
        chance = random.Random(f"{seed}:{NAME}:{number}")
        name, way = WAYS[number % len(WAYS)]
        kind = every[number // len(WAYS) % len(every)]
        began, place = time.monotonic(), ground.place()
        ground.copied(place)
        outcome = Outcome(part=NAME, number=number, what=f"{name}, {kind.name}")
        try:
            way(kind, ground, place, chance)
        except Found as found:
            outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": found.detail[:2000]})
        except _Unable as why:
            outcome = outcome.model_copy(update={"verdict": "skipped", "detail": str(why)})
        ground.clear("", place)
        yield [outcome.model_copy(update={"seconds": round(time.monotonic() - began, 1)})]
        number += 1


class _Unable(Exception):
    """This machine, or this user, cannot be asked for it."""


def _read_only(kind: Kind, ground: Ground, place: Path, chance: random.Random) -> None:
    words = kind.begin(ground, place)
    with _without_writing(place):
        said = ground.call(*words)
    if said.fault is not None:
        raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    if said.status == 0:
        raise Found("lost", f"{kind.name} says that it is done, and nothing could be written")
    if broken := broken_files(place / "project"):
        raise Found("lost", "; ".join(broken))
    if ground.call(*words).status != 0:
        raise Found("lost", f"{kind.name} does not work once it can be written again")


@contextlib.contextmanager
def _without_writing(place: Path) -> Iterator[None]:
    """Have nothing written below a folder meanwhile."""
    if os.geteuid() != 0:
        modes = {path: path.stat().st_mode for path in (place, *place.rglob("*"))}
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        try:
            yield
        finally:
            for path, mode in modes.items():
                path.chmod(mode)
        return
    try:
        for words in (["--bind", str(place), str(place)], ["-o", "remount,bind,ro", str(place)]):
            if subprocess.run(["mount", *words], capture_output=True, check=False).returncode != 0:
                raise _Unable("root ignores permissions, and may not mount here")
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def _moved(kind: Kind, ground: Ground, place: Path, chance: random.Random) -> None:
    elsewhere = place / "elsewhere"
    project = _leaving(kind, ground, place, chance, lambda path: path.rename(elsewhere))
    if project is None:
        return
    said = ground.call("show", elsewhere)
    if said.status != 0:
        raise Found("lost", f"the moved project does not open: {said.out[-300:]}")
    if broken := broken_files(elsewhere):
        raise Found("lost", "; ".join(broken))
    for run in sorted((elsewhere / "runs").glob("0002-*")):
        if (run / "job.json").is_file() and RunFolder(run).status() not in ("finished", "running"):
            said = ground.call("resume", elsewhere, "2")
            if said.fault is not None:
                raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]


def _deleted(kind: Kind, ground: Ground, place: Path, chance: random.Random) -> None:
    _leaving(kind, ground, place, chance, lambda path: shutil.rmtree(path, ignore_errors=True))


def _leaving(
    kind: Kind, ground: Ground, place: Path, chance: random.Random, leave: Callable[[Path], object]
) -> Path | None:
    """Take the project away at a random moment of a job; where it was, None if the job was done before."""
    project = place / ("made" if kind.name == "new" else "project")
    call = ground.begin(kind.begin(ground, place), new_mark())
    time.sleep(chance.uniform(0.3, 6))
    if call.process.poll() is not None or not project.exists():
        call.end()
        return None
    leave(project)
    said = call.end(60)
    if said.fault is not None:
        raise Found(said.fault[0], said.fault[1])  # type: ignore[arg-type]
    if not wait_until(lambda: not marked(call.mark), GONE_S):
        names = ", ".join(process.name for process in marked(call.mark)) or "one that ended just now"
        raise Found("alive", f"alive {GONE_S:.0f} s after the command ended: {names}")
    if project.exists() and said.status != 0:
        left = [str(path.relative_to(project)) for path in project.rglob("*")][:6]
        raise Found("litter", f"a half project stands where it was ({said.code}): {left}")
    return project


WAYS = [("read-only", _read_only), ("moved while it works", _moved), ("deleted while it works", _deleted)]
