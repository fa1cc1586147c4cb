"""Which float weights of an int8 model are stored in 8 bits: those that save the most bytes for the least error."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from engine.lite.child.arrays import write_inputs
from engine.lite.child.process import Child
from engine.lite.predictor import Inputs

FILE = "packing.json"
PICTURES = 4
MOST_ERROR = 0.01
"""How far the head's raw outputs may move for it, as a share of how far they vary; int8 itself moves them by more."""


@dataclass(frozen=True)
class FloatWeight:
    """The weight of a convolution that computes in float, the bytes that packing saves, and the error that it makes."""

    weight: str
    saved: int
    error: float
    packed: bool


def choose_packing(
    program_dir: Path, inputs: Iterable[Inputs], *, check: Callable[[], None] = lambda: None
) -> list[FloatWeight]:
    """Measure each float convolution of a quantised program on the first pictures, choose, and keep it beside it.

    Raises JobFailed if the program cannot be run.
    """
    with tempfile.TemporaryDirectory(prefix="espalier-") as spool:
        files = []
        for number, one in enumerate(islice(inputs, PICTURES)):
            files.append(str(Path(spool) / f"{number}.npz"))
            write_inputs(Path(files[-1]), one)
        with Child("engine.lite.program_child", check=check) as child:
            measured = child.ask("packing_errors", program_dir=str(program_dir.resolve()), batches=files)["errors"]
    chosen = choose([FloatWeight(packed=False, **each) for each in measured])
    (program_dir / FILE).write_text(json.dumps([asdict(one) for one in chosen], indent=1), encoding="utf-8")
    return chosen


def choose(weights: Iterable[FloatWeight], most: float = MOST_ERROR) -> list[FloatWeight]:
    """Pack in order of error for each byte until all errors together, as if independent, reach `most`."""
    chosen, total = [], 0.0
    for one in sorted(weights, key=lambda one: (one.error**2 / max(one.saved, 1), one.weight)):
        worth = one.saved > 0 and math.sqrt(total + one.error**2) <= most
        total += one.error**2 if worth else 0.0
        chosen.append(FloatWeight(one.weight, one.saved, one.error, worth))
    return chosen


def read_packing(program_dir: Path) -> list[FloatWeight]:
    """What was chosen for a program; empty where nothing was, and then every float weight is packed."""
    file = program_dir / FILE
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return [FloatWeight(**each) for each in kept]
