"""Quantises a saved program after training, in a child process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from engine.lite.child.arrays import write_inputs
from engine.lite.child.process import Child
from engine.lite.predictor import Inputs


def quantise_program(
    program_dir: Path,
    batches: Iterable[Inputs],
    *,
    algorithm: str,
    float_weights: Sequence[str] = (),
    check: Callable[[], None] = lambda: None,
) -> list[str]:
    """Quantise the program's convolutions in place, calibrated on `batches` (one picture each).

    The head's outputs and the convolutions whose weights are called `float_weights` in the program stay float; their
    names are returned.
    """
    with tempfile.TemporaryDirectory(prefix="espalier-") as spool:
        files = []
        for number, inputs in enumerate(batches):
            files.append(Path(spool) / f"{number:04d}.npz")
            write_inputs(files[-1], inputs)
        with Child("engine.lite.program_child", check=check) as child:
            answer = child.ask(
                "quantise",
                program_dir=str(program_dir.resolve()),
                batches=[str(file) for file in files],
                algorithm=algorithm,
                float_weights=list(float_weights),
            )
    return list(answer["float_weights"])
