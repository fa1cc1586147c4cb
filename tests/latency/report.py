"""Leave one model out: what the fit says of networks that it has not seen, in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from engine.latency.fit import Array, Problem
from tests.latency.rows import Row

COVERED, COVERED_BY_OTHERS, ENOUGH = 0.92, 0.95, 10


@dataclass(frozen=True)
class Left:
    """A row, what was estimated of it without any row of its model, and the interval's factor from other models."""

    row: Row
    ms: float
    factor: float

    @property
    def error(self) -> float:
        """Estimate over published time, less one."""
        return self.ms / self.row.ms - 1

    @property
    def inside(self) -> bool:
        """Whether the published time is inside of the interval."""
        return self.ms / self.factor <= self.row.ms <= self.ms * self.factor


def leave_one_out(problem: Problem, rows: Sequence[Row], theta: Array) -> Array:
    """Logarithm of published over estimated time of each row, without the rows of its model in the fit."""
    models = np.array([sample.model for sample in problem.samples])
    found = np.zeros(len(rows))
    for model in sorted({row.model for row in rows}):
        out = models == model
        rest = problem.fit(~out, theta)
        found[out[: len(rows)]] = (problem.log_ms - problem.predict(rest))[out]
    return found


def alone(rows: Sequence[Row]) -> set[str]:
    """Chips of which only one model was timed: without it nothing is known of them."""
    models = defaultdict(set)
    for row in rows:
        models[row.soc].add(row.model)
    return {soc for soc, found in models.items() if len(found) < 2}


def spread(rows: Sequence[Row], errors: Array, precision: str, without: str = "") -> float:
    """The factor that nine in ten times stay within, of detectors and of all networks.

    Where there are very few detectors, it is what nineteen in twenty of all networks' times stay within.
    """
    left = alone(rows)
    values: dict[bool, list[float]] = {True: [], False: []}
    for row, error in zip(rows, errors, strict=True):
        held = bool(without) and row.model.startswith(without)
        if row.precision == precision and not held and row.soc not in left:
            values[row.detector].append(abs(float(error)))
    everything = values[True] + values[False]
    if len(values[True]) < ENOUGH:
        return float(np.exp(_quantile(everything, COVERED_BY_OTHERS)))
    return float(np.exp(max(_quantile(values[True], COVERED), _quantile(everything, COVERED))))


def _quantile(values: list[float], share: float) -> float:
    """The value that the next one stays below with that chance, as split-conformal prediction has it."""
    return sorted(values)[min(len(values), ceil((len(values) + 1) * share)) - 1]


def left_out(rows: Sequence[Row], errors: Array) -> list[Left]:
    """Every row with its estimate and an interval in which no row of its model had a part."""
    skipped = alone(rows)
    factors = {(row.model, row.precision): 0.0 for row in rows}
    for model, precision in factors:
        factors[model, precision] = spread(rows, errors, precision, model)
    return [
        Left(row, row.ms / float(np.exp(error)), factors[row.model, row.precision])
        for row, error in zip(rows, errors, strict=True)
        if row.soc not in skipped
    ]


def lines(found: Sequence[Left]) -> Iterator[str]:
    """The table of the report, as Markdown."""
    yield "| rows | number | median error | worst | within 10 % | within 20 % | in the interval | median width |"
    yield "|---|---|---|---|---|---|---|---|"
    groups: dict[str, Callable[[Row], bool]] = {}
    for kind, detector in (("all networks", None), ("detectors", True)):
        for precision, threads in (
            ("fp32", (1, 2, 4)),
            ("fp32", (1,)),
            ("fp32", (4,)),
            ("fp16", (1, 4)),
            ("int8", (1, 2, 4)),
        ):
            name = f"{kind}, {precision}, {' and '.join(map(str, threads))} threads"
            groups[name] = lambda row, d=detector, p=precision, t=threads: (  # type: ignore[misc]
                (d is None or row.detector) and row.precision == p and row.threads in t
            )
    for name, belongs in groups.items():
        yield _line(name, [one for one in found if belongs(one.row)])


def _line(name: str, found: Sequence[Left]) -> str:
    if not found:
        return f"| {name} | 0 | | | | | | |"
    errors = np.abs([one.error for one in found])
    width = float(np.median([one.factor for one in found]))
    inside = np.mean([one.inside for one in found])
    return (
        f"| {name} | {len(found)} | {np.median(errors):.1%} | {errors.max():.0%} | {np.mean(errors <= 0.1):.0%} | "
        f"{np.mean(errors <= 0.2):.0%} | {inside:.0%} | {1 / width - 1:+.0%} to {width - 1:+.0%} |"
    )


def ranks(found: Sequence[Left]) -> Iterator[str]:
    """Spearman's correlation of estimated and published times by chip and threads in fp32, six models or more."""
    yield "| chip | threads | era | models | rank correlation |"
    yield "|---|---|---|---|---|"
    groups: dict[tuple[str, int, str], dict[tuple[str, int], Left]] = defaultdict(dict)
    for one in found:
        if one.row.precision == "fp32":
            groups[one.row.soc, one.row.threads, one.row.era][one.row.graph, one.row.size] = one
    for (soc, threads, era), models in sorted(groups.items()):
        if len(models) >= 6:
            pairs = np.array([(one.ms, one.row.ms) for one in models.values()])
            places = pairs.argsort(axis=0).argsort(axis=0)
            yield f"| {soc} | {threads} | {era} | {len(models)} | {np.corrcoef(places.T)[0, 1]:.3f} |"
