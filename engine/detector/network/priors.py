"""Stores the priors of SSD in its saved program, where it would compute them anew for each picture.

Paddle Lite computes them with sizes cut to whole numbers (59.2 px becomes 59), and so finds every box elsewhere than
the network was trained to. As constants they are what training used, and two dozen operations are gone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.detector.network.saved_program import SavedProgram, opened

_SOURCE = "prior_box"
"""Reads shapes alone, which a saved program has fixed."""


def store_priors(program_dir: Path) -> int:
    """Replace what depends on nothing but priors by its values, in place; returns how many constants that took."""
    with opened(program_dir) as saved:
        derived, values = _derived(saved.block.ops, saved)
        used = {name for place, op in enumerate(saved.block.ops) if place not in derived for name in op.input_arg_names}
        wanted = sorted(values & used)
        if not wanted:
            return 0
        found = saved.run(wanted, {name: np.zeros(saved.shape(name), "float32") for name in saved.feeds})
        saved.remove(sorted(derived))
        for number, (name, array) in enumerate(zip(wanted, found, strict=True)):
            constant = saved.add_weight(f"priors_{number}", array)
            for op in saved.block.ops:
                if name in op.input_arg_names:
                    op._rename_input(name, constant.name)
    return len(wanted)


def _derived(ops: Any, saved: SavedProgram) -> tuple[set[int], set[str]]:
    """Places of the operations that give priors or compute on them and on weights alone, and what they give."""
    places: set[int] = set()
    values: set[str] = set()
    for place, op in enumerate(ops):
        names = set(op.input_arg_names)
        if op.type == _SOURCE or (names & values and all(name in values or saved.is_weight(name) for name in names)):
            places.add(place)
            values.update(op.output_arg_names)
    return places, values
