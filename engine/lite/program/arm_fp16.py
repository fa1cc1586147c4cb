"""Fits a program to the half-precision kernels of Paddle Lite 2.13rc0 for ARM, one of which reads what is not there.

A convolution of a map of one cell is a product of a matrix and a vector. Its kernel takes 16 weights at a time of 8
rows (on 32-bit ARM of 4), so a row whose length is no multiple of 16 is read on into the next, and the last one into
whatever memory holds there: times zero, but NaN times zero is NaN. Only where the rows do not fill their last group is
the last one read from a padded copy. So such a convolution gets one more row, of zeros, and its output is split off.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from engine.detector.network.saved_program import SavedProgram, opened

ROWS, LENGTH = 4, 16
"""Rows in a group on 32-bit ARM (a divisor of the 8 elsewhere), and weights of a row that are read at a time."""
_KINDS = ("conv2d", "depthwise_conv2d")


def is_exposed(weight: tuple[int, ...], groups: int) -> bool:
    """Whether the kernel reads past the weights [filters, channels in a group, height, width] of a one-cell map."""
    return weight[0] // groups % ROWS == 0 and prod(weight[1:]) % LENGTH != 0 and prod(weight[1:]) > 1


def fit_to_fp16(program_dir: Path) -> int:
    """Rewrite `model.pdmodel` and `model.pdiparams` in place; returns how many convolutions got one more row.

    The program computes what it did before. Raises ValueError for an exposed convolution of several groups, which no
    detector has.
    """
    count = 0
    with opened(program_dir) as saved:
        for op in list(saved.block.ops):
            if op.type in _KINDS and _gives_one_cell(saved, op.output("Output")[0]):
                shape = saved.shape(op.input("Filter")[0])
                if is_exposed(shape, op.attr("groups")):
                    if op.attr("groups") > 1:
                        raise ValueError(f"{op.input('Filter')[0]} has {op.attr('groups')} groups")
                    _add_row(saved, saved.block.ops.index(op), count)
                    count += 1
    return count


def _gives_one_cell(saved: SavedProgram, output: str) -> bool:
    return saved.shape(output)[2:] == (1, 1)


def _add_row(saved: SavedProgram, place: int, number: int) -> None:
    op = saved.block.ops[place]
    old_weight, output = op.input("Filter")[0], op.output("Output")[0]
    values = saved.array(old_weight)
    weight = saved.add_weight(f"{old_weight}.row{number}", np.concatenate([values, np.zeros_like(values[:1])]))
    wide = saved.add_variable(f"{output}.wide", (1, len(values) + 1, 1, 1))
    spare = saved.add_variable(f"{output}.spare", (1, 1, 1, 1))
    op._rename_input(old_weight, weight.name)
    op._rename_output(output, wide.name)
    saved.insert(
        place + 1,
        "split",
        {"X": wide},
        {"Out": [saved.block.var(output), spare]},
        axis=1,
        sections=[len(values), 1],
        num=0,
    )
