"""`python -m tests.matrix [--only DETECTOR ...] [--under TECHNIQUE ...] [--limit SECONDS]`.

Tries every cell that is not known for this code. Writes `resources/matrix.json` after each cell, so that it can be
ended at any time and goes on there, and the table `docs/matrix.md`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from engine.contract.matrix import FILE, PLAIN, Cell, Matrix, failed
from engine.contract.system.files import write_atomically
from engine.detector.base.spec import detector_specs
from engine.recipe.registry import techniques
from tests.matrix.code import code_of
from tests.matrix.table import DOCUMENT, document

CELL_S = 900


def main() -> int:
    """Try what is missing or stale, one for each core; exit status 1 if a cell or one of its exports fails."""
    parser = argparse.ArgumentParser(prog="make matrix")
    parser.add_argument("--only", nargs="+", default=list(detector_specs()), metavar="DETECTOR")
    parser.add_argument("--under", nargs="+", default=["plain", *techniques()], metavar="TECHNIQUE")
    parser.add_argument("--limit", type=float, default=float("inf"), help="begin no cell after so many seconds")
    args = parser.parse_args()
    matrix = Matrix.model_validate_json(FILE.read_text(encoding="utf-8")) if FILE.is_file() else Matrix()
    stale = set(stale_cells(matrix))
    known = {(cell.detector, cell.technique): cell for cell in matrix.cells}
    named = {PLAIN if name == "plain" else name for name in args.under}
    old = [pair for pair in pairs() if pair not in known or pair in stale]
    wanted = [pair for pair in old if pair[0] in args.only and pair[1] in named]
    # All detectors by themselves first, then technique by technique: what is ended early has seen something of all.
    wanted.sort(key=lambda pair: ("", *techniques()).index(pair[1]))
    print(f"{len(old)} cells are missing or of other code, {len(wanted)} of them are tried", flush=True)
    until = time.monotonic() + args.limit
    with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
        asked = [pool.submit(tried, *pair, until) for pair in wanted]
        for number, answer in enumerate(as_completed(asked), start=1):
            cell = answer.result()
            if cell is None:
                continue
            known[cell.detector, cell.technique] = cell
            save(known)
            told = cell.outcome.message.args if cell.outcome.state == "fails" and cell.outcome.message else ""
            name = f"{cell.detector} x {cell.technique or 'plain'}"
            print(f"{number}/{len(wanted)}  {name}: {cell.outcome.state} {told}", flush=True)
    save(known)
    return int(any(fails(cell) for cell in known.values()))


def pairs() -> Iterator[tuple[str, str]]:
    """Every detector, by itself and with every technique."""
    return ((detector, technique) for detector in detector_specs() for technique in (PLAIN, *techniques()))


def fails(cell: Cell) -> bool:
    """Whether a cell, or one of the exports of it, is a defect."""
    return any(outcome.state == "fails" for outcome in (cell.outcome, *cell.exports.values()))


def stale_cells(matrix: Matrix) -> list[tuple[str, str]]:
    """The pairs that were tried on code that is no longer today's."""
    return [(cell.detector, cell.technique) for cell in matrix.cells if cell.code != code_of_cell(cell)]


def listed(cells: Sequence[tuple[str, str]]) -> str:
    """Cells in words, detector by detector."""
    names: dict[str, list[str]] = {}
    for detector, technique in cells:
        names.setdefault(detector, []).append(technique or "plain")
    every = len(techniques()) + 1
    return ", ".join(f"{key} ({'all' if len(told) == every else ', '.join(told)})" for key, told in names.items())


def code_of_cell(cell: Cell) -> str:
    """The hash of today's code for a cell; empty where its detector or technique is gone."""
    if cell.detector not in detector_specs() or cell.technique not in (PLAIN, *techniques()):
        return ""
    return code_of(cell.detector, cell.technique)


def tried(detector: str, technique: str, until: float) -> Cell | None:
    """One cell, in a process of its own; None when the time is up."""
    if time.monotonic() > until:
        return None
    words = [sys.executable, "-m", "tests.matrix.cell", detector, technique]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=CELL_S)
        return Cell.model_validate_json(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        reason = f"the process ended without an answer ({type(error).__name__})"
        return Cell(detector=detector, technique=technique, outcome=failed(reason), code=code_of(detector, technique))


def save(known: dict[tuple[str, str], Cell]) -> None:
    """Write the matrix in the order of `pairs`, and its table."""
    matrix = Matrix(cells=tuple(known[pair] for pair in pairs() if pair in known))
    write_atomically(FILE, matrix.model_dump_json(indent=1, exclude_none=True) + "\n")
    write_atomically(DOCUMENT, document(matrix))


if __name__ == "__main__":
    sys.exit(main())
