"""`python -m tests.trial [--minutes N] [--seed S] [--only kills,fuzz] [--number N] [--record DIR]`, and `... report`.

Tries what is furthest from what is wanted of it, until the time is up. Each try is added to the record at once, so a
trial may be ended at any time and goes on there. Exit status 1 if anything was lost, hung or ended in a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType

from engine.contract.text.resources import ROOT
from tests.trial import clocks, folders, report, together
from tests.trial.code import code_version
from tests.trial.disk import tries as disk
from tests.trial.fuzz import tries as fuzz
from tests.trial.ground import Ground
from tests.trial.kills import tries as kills
from tests.trial.phones import tries as phones
from tests.trial.queue import tries as queue
from tests.trial.record import BAD, Outcome, Record, totals

PARTS: dict[str, ModuleType] = {
    part.NAME: part for part in (kills, fuzz, disk, phones, folders, together, clocks, queue)
}
"""Each has NAME, WANTED and `tries(seed, first, ground)`, whose items are the outcomes of one try or one row."""
USUAL_RECORD = ROOT / ".cache" / "trial"


def main(words: list[str] | None = None) -> int:
    """Try, or write the report."""
    args = _arguments(sys.argv[1:] if words is None else words)
    record = Record(Path(args.record))
    if args.words == ["report"]:
        return report.main(record, PARTS, write=not args.dry)
    names = [name for name in args.only.split(",") if name] or list(PARTS)
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    with ground(record) as stand:
        return attempt(record, stand, {name: PARTS[name] for name in names}, args.seed, args.minutes, args.number)


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make trial")
    parser.add_argument("words", nargs="*", choices=["report", []], metavar="report")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--number", type=int, help="try this number once more, with --only and --seed")
    parser.add_argument("--record", default=str(USUAL_RECORD), metavar="DIR")
    parser.add_argument("--dry", action="store_true", help="report: print the table only")
    return parser.parse_args(words)


@contextlib.contextmanager
def ground(record: Record) -> Iterator[Ground]:
    """A folder of our own on the system's temporary space, taken away at the end."""
    root = Path(tempfile.mkdtemp(prefix="espalier-trial-"))
    # Nothing of the person's own is read or written: neither weights nor choices nor phones.
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[variable] = str(root / variable.lower())
    stand = Ground(root, record.kept)
    try:
        with stand.held:
            yield stand.ready()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def attempt(
    record: Record, stand: Ground, parts: dict[str, ModuleType], seed: int, minutes: float, number: int | None = None
) -> int:
    """Go round the parts; exit status 1 if something bad was found."""
    code, until, bad = code_version(), time.monotonic() + 60 * minutes, 0
    begun = {
        name: part.tries(seed, record.next_number(name, seed) if number is None else number, stand)
        for name, part in parts.items()
    }
    tried = dict.fromkeys(parts, 0)
    for name, counts in totals(entry for entry in record.entries() if entry.code == code).items():
        tried[name] = counts["tried"]
    try:
        bad = _round(record, begun, tried, parts, seed, code, until, once=number is not None)
    except KeyboardInterrupt:
        print("ended; what was tried is kept", file=sys.stderr)
    finally:
        for each in begun.values():
            each.close()
    for name, counts in totals(record.entries()).items():
        print(f"{name}: {', '.join(f'{count} {word}' for word, count in counts.items())}")
    return int(bad > 0)


def _round(
    record: Record,
    begun: dict[str, Generator[list[Outcome], None, None]],
    tried: dict[str, int],
    parts: dict[str, ModuleType],
    seed: int,
    code: str,
    until: float,
    *,
    once: bool,
) -> int:
    """Try what is furthest from what is wanted, until the time is up; how many bad outcomes there were."""
    bad = 0
    while begun and time.monotonic() < until:
        name = min(begun, key=lambda each: tried[each] / parts[each].WANTED)
        outcomes = next(begun[name], None)
        if outcomes is None:
            del begun[name]
            continue
        for outcome in outcomes:
            record.add(outcome, seed=seed, code=code)
            tried[name] += outcome.count
            bad += outcome.verdict in BAD
            print(line(outcome, seed, tried[name], parts[name].WANTED), flush=True)
        if once:
            break
    return bad


def line(outcome: Outcome, seed: int, tried: int, wanted: int) -> str:
    """A try as a line for people; a bad one tells how to repeat it."""
    told = f"{outcome.verdict} ({outcome.count}, {outcome.seconds:.0f} s)"
    text = f"[{outcome.part} {tried}/{wanted}] {outcome.what}: {told}"
    if outcome.verdict in BAD:
        again = f"make trial ONLY={outcome.part} SEED={seed} NUMBER={outcome.number}"
        text += f"\n    {outcome.detail[-1500:]}\n    {again} {outcome.kept}"
    return text


if __name__ == "__main__":
    sys.exit(main())
