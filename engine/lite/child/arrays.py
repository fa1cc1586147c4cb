"""Arrays on their way to and from a child process: one .npz file each way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def write_inputs(path: Path, inputs: Mapping[str, Array]) -> None:
    """Write named arrays."""
    # The keywords of savez are the names of the arrays.
    np.savez(path, **inputs)


def read_inputs(path: Path | str) -> dict[str, Array]:
    """The named arrays of a file."""
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def write_outputs(path: Path | str, outputs: Sequence[Array]) -> None:
    """Write arrays in order."""
    np.savez(path, *outputs)


def read_outputs(path: Path) -> list[Array]:
    """The arrays of a file in the order in which they were written."""
    with np.load(path) as stored:
        return [stored[f"arr_{number}"] for number in range(len(stored.files))]
