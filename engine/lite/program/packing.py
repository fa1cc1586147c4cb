"""What storing the weights of float convolutions in 8 bits costs, measured for each alone at the head's outputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.detector.change.int8_errors import distance
from engine.detector.change.quantisation import BITS, levels
from engine.detector.network.saved_program import SavedProgram, opened
from engine.lite.child.arrays import Array, read_inputs
from engine.lite.program.heads import head_outputs


def packing_errors(program_dir: Path, batches: Sequence[str]) -> list[dict[str, Any]]:
    """Each float convolution's weight by name, the bytes that packing it saves, and the error that it makes.

    `batches` are files of inputs, one picture each. The error is of the head's raw outputs, as a share of how far they
    vary. Depthwise convolutions are not among them: Paddle Lite never packs those.
    """
    found = []
    with opened(program_dir) as saved:
        names = head_outputs(saved.program)
        images = [read_inputs(batch)["image"] for batch in batches]
        whole = _outputs(saved, names, images)
        for op in saved.block.ops:
            weight = op.input("Filter")[0] if op.type == "conv2d" else ""
            if weight and saved.is_weight(weight):
                values = saved.array(weight)
                with saved.trying(weight, _packed(values)):
                    error = distance(_outputs(saved, names, images), whole)
                found.append({"weight": weight, "saved": 3 * values.size - 4 * len(values), "error": error})
    return found


def _outputs(saved: SavedProgram, names: list[str], images: Sequence[Array]) -> list[Array]:
    """The head's raw outputs, each one row over all pictures."""
    rows = [[value.reshape(-1) for value in saved.run(names, {"image": image})] for image in images]
    return [np.concatenate(parts) for parts in zip(*rows, strict=True)]


def _packed(values: Array) -> Array:
    """Weights [filters, ...] as they come out of 8 bits, scaled by filter."""
    scales = np.abs(values).reshape(len(values), -1).max(axis=1).clip(1e-12) / levels(BITS)
    shaped = scales.reshape(-1, *[1] * (values.ndim - 1)).astype(values.dtype)
    return np.asarray(np.round(values / shaped) * shaped)
