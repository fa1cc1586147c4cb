"""Counts what each verb asks of the disk, then refuses one after the other: what was there stays, again it works."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.trial.ground import Ground, Said
from tests.trial.kills.kinds import Kind, Words, kinds
from tests.trial.kills.tries import Found, plain
from tests.trial.kills.whole import broken_files, half_files
from tests.trial.preload.build import build
from tests.trial.record import Outcome

NAME = "disk"
WANTED = 1240
"""About what a session asks; the tries end when each was refused."""
LONGEST = ("train", "recipe")
"""What asks hundreds of times comes last: a trial that is bounded has seen something of all."""
CHAIN = 6
"""So many are refused one after the other, each in a go of its own, before one goes through."""


def tries(seed: int, first: int, ground: Ground) -> Iterator[list[Outcome]]:
    """A chain after the other, from number `first` on, to the last write of the last verb."""
    library = build("refuse", ground.root)
    if library is None:
        yield [Outcome(part=NAME, number=first, what="any", verdict="skipped", detail="no C compiler")]
        return
    number = itertools.count()
    for kind in sorted(kinds().values(), key=lambda kind: kind.name in LONGEST):
        known: tuple[int, Any] | None = None
        for start in itertools.count(1, CHAIN):
            if known is None:
                known = counted(kind, ground, library)
            if start > known[0]:
                break
            this = next(number)
            if this >= first:
                yield [_chain(kind, this, start, known, ground, library)]


def counted(kind: Kind, ground: Ground, library: Path) -> tuple[int, Any]:
    """How much a verb asks of the disk, and what it comes to."""
    with _Place(kind, ground, library) as place:
        said = place.go(0)
        if said.status != 0:
            raise RuntimeError(f"{kind.name} fails though nothing is refused: {said.out}{said.err}")
        return place.count(), plain(kind.product(place.root, said))


def _chain(kind: Kind, number: int, start: int, known: tuple[int, Any], ground: Ground, library: Path) -> Outcome:
    began, told = time.monotonic(), []
    outcome = Outcome(part=NAME, number=number, what=f"{kind.name} from write {start} of {known[0]}")
    with _Place(kind, ground, library) as place:
        try:
            for at in range(start, min(start + CHAIN, known[0] + 1)):
                told.append(str(at))
                _refuse(place, at, known[1])
            _again(kind, place, known[1])
        except Found as found:
            what = place.refused()
            outcome = outcome.model_copy(update={"verdict": found.verdict, "detail": f"{what}: {found.detail}"[:2500]})
    return outcome.model_copy(update={"count": len(told), "seconds": round(time.monotonic() - began, 1)})


def _refuse(place: _Place, at: int, wanted: Any) -> None:
    """One go in which one thing is refused."""
    said = place.go(at)
    if said.fault is not None:
        raise Found(*said.fault)  # type: ignore[arg-type]
    now = place.sums()
    gone = [path for path, held in place.before.items() if now.get(path) != held]
    # It may have come to its end, and what was refused was of the telling, or had another way.
    if gone and set(gone) <= set(place.kind.replaces) and plain(place.kind.product(place.root, said)) == wanted:
        place.put_back()
    elif gone:
        raise Found("lost", f"no longer as it was: {', '.join(gone)}")
    if broken := broken_files(place.root / "project"):
        raise Found("lost", "; ".join(broken))
    # Made before it could be told, it is a whole project.
    if said.status != 0 and place.made.exists() and place.ground.call("show", place.made).status != 0:
        raise Found("litter", f"a project that could not be made was left: {list(place.made.rglob('*'))[:5]}")
    shutil.rmtree(place.made, ignore_errors=True)


def _again(kind: Kind, place: _Place, wanted: Any) -> None:
    """The same once more with room on the disk."""
    place.clear()
    said = place.go(0)
    if said.fault is not None or said.status != 0:
        raise Found("lost", f"it does not work again: {said.out[-500:]}{said.err[-500:]}")
    if found := half_files(place.root / "project"):
        raise Found("litter", "; ".join(found))
    product = plain(kind.product(place.root, said))
    if product != wanted:
        raise Found("lost", f"not what comes with room: {str(product)[:500]} instead of {str(wanted)[:500]}")


class _Place:
    """A copy of the project, in which a verb is tried under the library; temporary files lie in it too."""

    def __init__(self, kind: Kind, ground: Ground, library: Path) -> None:
        self.kind, self.ground, self.library = kind, ground, library
        self.root = ground.place().resolve()
        self.made = self.root / "made"
        self.state = ground.root / f"{self.root.name}.count"

    def __enter__(self) -> _Place:
        self.ground.copied(self.root)
        (self.root / "tmp").mkdir()
        self.before = self.sums()
        for path in self.kind.replaces:
            (self.root / "before" / path).parent.mkdir(parents=True)
            shutil.copyfile(self.root / "project" / path, self.root / "before" / path)
        return self

    def __exit__(self, *_: object) -> None:
        self.ground.clear("", self.root)
        for file in (self.state, self.state.with_suffix(".count.log")):
            file.unlink(missing_ok=True)

    def go(self, at: int) -> Said:
        """Run the verb, and refuse the `at`-th thing that it asks."""
        words: Words = self.kind.begin(self.ground, self.root)
        self.state.write_bytes(bytes(8))
        self.state.with_suffix(".count.log").unlink(missing_ok=True)
        more = {
            "LD_PRELOAD": str(self.library), "REFUSE_BELOW": str(self.root), "REFUSE_STATE": str(self.state),
            "REFUSE_AT": str(at), "TMPDIR": str(self.root / "tmp"),
        }  # fmt: skip
        return self.ground.call(*words, more=more)

    def count(self) -> int:
        """How much was asked in the last go."""
        return int.from_bytes(self.state.read_bytes(), "little")

    def refused(self) -> str:
        """What was refused in the last go."""
        log = self.state.with_suffix(".count.log")
        return log.read_text().strip().replace(str(self.root), "") if log.is_file() else "nothing"

    def clear(self) -> None:
        """Take away the runs that the refused goes made, so that the last one makes what an untouched one makes."""
        for run in (self.root / "project" / "runs").glob("[0-9]*"):
            if not run.name.startswith("0001"):
                shutil.rmtree(run)

    def put_back(self) -> None:
        """What the verb replaced, for the next go to find it as the last one did."""
        for path in self.kind.replaces:
            shutil.copyfile(self.root / "before" / path, self.root / "project" / path)

    def sums(self) -> dict[str, str]:
        """The files of the project that no verb may change, with their sums."""
        root = self.root / "project"
        files = [path for path in root.rglob("*") if path.is_file() and path.parts[len(root.parts)] != ".cache"]
        kept = [path for path in files if path.name != "lock" and "evaluations" not in path.parts]
        return {
            str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in kept
            if "0001" in str(path) or "runs" not in path.parts
        }
