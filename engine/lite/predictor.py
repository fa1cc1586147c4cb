"""Runs a `.nb` (Paddle Lite, x86) or a saved program (Paddle) in a child that stays alive from picture to picture."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from engine.lite.child.arrays import Array, read_outputs, write_inputs
from engine.lite.child.process import Child

Inputs = dict[str, NDArray[np.float32]]
Detections = NDArray[np.float32]
"""Rows of class, score, x1, y1, x2, y2, in pixels of the picture."""


class Predictor:
    """One model in a child process; leaving the context ends it.

    `model` is an x86 `.nb`, run by Paddle Lite, or a folder with model.pdmodel and model.pdiparams, run by Paddle.
    Whatever the child does not survive raises JobFailed with its last words.
    """

    def __init__(self, model: Path, *, check: Callable[[], None] = lambda: None) -> None:
        runtime = "predictor_child" if model.suffix == ".nb" else "program_child"
        self._spool = tempfile.TemporaryDirectory(prefix="espalier-")
        self._child = Child(f"engine.lite.{runtime}", check=check)
        try:
            self.inputs: list[str] = self._child.ask("load", name="model", path=str(model.resolve()))["inputs"]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Predictor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        self._child.close()
        self._spool.cleanup()

    def run(self, inputs: Inputs) -> list[Array]:
        """The outputs in order for one picture's inputs (see `detector.pictures.to_inputs`)."""
        there, back = (Path(self._spool.name) / name for name in ("inputs.npz", "outputs.npz"))
        write_inputs(there, {name: inputs[name] for name in self.inputs})
        self._child.ask("run", name="model", inputs=str(there), outputs=str(back))
        return read_outputs(back)

    def detect(self, inputs: Inputs) -> list[Detections]:
        """Detections for each picture of a batch; a `detector.evaluation.Predictor`."""
        return [self._rows(one) for one in _singles(inputs)]

    def _rows(self, inputs: Inputs) -> Detections:
        rows = np.asarray(self.run(inputs)[0], np.float32).reshape(-1, 6)
        # Without any detection the post-processing yields one row of class -1.
        return rows[rows[:, 0] >= 0]


def cut_network(program_dir: Path, out_dir: Path) -> Path:
    """Save a program's part up to the head's raw outputs into `out_dir`, with the picture as only input; returns it."""
    out_dir.mkdir(exist_ok=True)
    with Child("engine.lite.program_child") as child:
        child.ask("cut", program_dir=str(program_dir.resolve()), out_dir=str(out_dir.resolve()))
    return out_dir


def _singles(inputs: Inputs) -> Iterator[Inputs]:
    for number in range(len(inputs["image"])):
        yield {name: value[number : number + 1] for name, value in inputs.items()}
