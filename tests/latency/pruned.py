"""What pruning gains: published pairs of a network whole and pruned, estimated by fits that did not see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.latency.fit import Array, Problem
from tests.latency.report import spread
from tests.latency.rows import Row, pairs

_COLUMNS = (
    *("network", "px", "chip", "threads", "era", "whole", "pruned", "gain", "estimated gain, as shipped"),
    *("pruned left out", "whole and pruned left out", "pruned, estimated without it"),
)


@dataclass(frozen=True)
class Pair:
    """A whole network's row and a pruned one's, what was estimated of both, and the interval's factor.

    `without_pruned` are the estimates (whole, pruned) of a fit without any row pruned of that network, `without_both`
    of one without any row of the network, whole or pruned, and `without_alike` without any network of its kind, such as
    every YOLOv3: all sizes, chips, threads, precisions and sources.
    """

    whole: Row
    pruned: Row
    shipped: tuple[float, float]
    without_pruned: tuple[float, float]
    without_both: tuple[float, float]
    without_alike: tuple[float, float]
    factor: float

    def gain(self, estimates: tuple[float, float]) -> float:
        """Estimated over published gain, less one."""
        return estimates[0] / estimates[1] * self.pruned.ms / self.whole.ms - 1

    @property
    def error(self) -> float:
        """Estimate over published time of the pruned network, less one, without any row pruned of it."""
        return self.without_pruned[1] / self.pruned.ms - 1

    @property
    def inside(self) -> bool:
        """Whether its published time is inside of the interval then."""
        return 1 / self.factor <= 1 + self.error <= self.factor


def found_pairs(problem: Problem, rows: Sequence[Row], errors: Array, theta: Array) -> list[Pair]:
    """Every published pair, by the fits without it."""
    families = np.array([row.family for row in rows] + ["table"] * (len(problem.samples) - len(rows)))
    pruned = np.zeros(len(problem.samples), bool)
    pruned[: len(rows)] = [bool(row.whole) for row in rows]
    shipped, found = np.exp(problem.predict(theta)), []
    for family in sorted({row.family for row in rows if row.whole}):
        of_it = families == family
        alike = np.array([name.split("_")[0] == family.split("_")[0] for name in families])
        left = (of_it & pruned, of_it, alike)
        estimates = [np.exp(problem.predict(problem.fit(~out, theta))) for out in left]
        factor = spread(rows, errors, "fp32", without=family)
        for places in pairs(list(rows)):
            if rows[places[1]].family == family:
                both = [(float(times[places[0]]), float(times[places[1]])) for times in (shipped, *estimates)]
                found.append(Pair(rows[places[0]], rows[places[1]], both[0], both[1], both[2], both[3], factor))
    return found


def pruned_report(problem: Problem, rows: Sequence[Row], errors: Array, theta: Array) -> Iterator[str]:
    """A summary and a table of each pair, as Markdown."""
    found = found_pairs(problem, rows, errors, theta)
    values = np.abs([pair.error for pair in found])
    inside = np.mean([pair.inside for pair in found])
    fits = {
        "as shipped": [pair.gain(pair.shipped) for pair in found],
        "with everything pruned of that network left out": [pair.gain(pair.without_pruned) for pair in found],
        "with the network left out whole and pruned": [pair.gain(pair.without_both) for pair in found],
        "with every network of its kind left out (all YOLOv3, all MobileNets)": [
            pair.gain(pair.without_alike) for pair in found
        ],
    }
    yield "### Pruned networks"
    yield ""
    yield f"{len(found)} published pairs of a network whole and pruned, of one source on one phone. The pruned ones'"
    yield "times, with everything pruned of that network left out:"
    yield f"median error {np.median(values):.1%}, worst {values.max():.0%}, {inside:.0%} in the interval."
    yield "The gain (whole over pruned) is off from the published one by at most"
    yield ", ".join(f"{np.abs(gains).max():.0%} {words}" for words, gains in fits.items()) + "."
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---" * len(_COLUMNS) + "|"
    yield from map(_cells, found)


def _cells(pair: Pair) -> str:
    row, gain = pair.pruned, pair.whole.ms / pair.pruned.ms
    told = [f"{pair.gain(values):+.0%}" for values in (pair.shipped, pair.without_pruned, pair.without_both)]
    cells = [row.family, row.size, row.soc, row.threads, row.era, f"{pair.whole.ms:.1f} ms", f"{row.ms:.1f} ms"]
    cells += [f"{gain:.2f}", *told, f"{pair.without_pruned[1]:.1f} ms ({pair.error:+.0%})"]
    return f"| {' | '.join(map(str, cells))} |"
