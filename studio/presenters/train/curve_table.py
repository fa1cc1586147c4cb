"""Curves as a table of numbers: a row for each step of each run, a column for each curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.presenters.train.series import Series


@dataclass(frozen=True)
class RunCurves:
    """The curves of one run by their names; `per_epoch` are optimiser steps of an epoch, None while unknown."""

    run: str
    curves: Mapping[str, Series] = field(default_factory=dict)
    per_epoch: float | None = None


def curve_table(runs: Sequence[RunCurves]) -> str:
    """The table as CSV, with every digit that was told; a cell is empty where a curve has no point at that step."""
    names = list(dict.fromkeys(name for run in runs for name in run.curves))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["run", "step", "epoch", *names])
    for run in runs:
        points = {
            name: dict(zip(series.steps.astype(int).tolist(), series.values.tolist(), strict=True))
            for name, series in run.curves.items()
        }
        for step in sorted(set().union(*points.values())):
            epoch = "" if not run.per_epoch else f"{step / run.per_epoch:.6g}"
            cells = [repr(points[name][step]) if step in points.get(name, ()) else "" for name in names]
            rows.writerow([run.run, step, epoch, *cells])
    return text.getvalue()
