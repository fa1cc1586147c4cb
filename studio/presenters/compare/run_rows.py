"""What the compare page shows of each run: its figures, their changes against its base, and the best trade-offs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.contract.figures import Figure, FigureName
from engine.contract.run.findings.evaluations import PHONE
from engine.contract.run.findings.resamples import score_of
from engine.contract.text.messages import Message
from studio.presenters.numbers import Delta, delta
from studio.stores.run import Run

FIGURES: Mapping[str, tuple[FigureName, dict[str, object]]] = {
    "map_val": ("map", {"split": "val"}),
    "map_test": ("map", {"split": "test"}),
    "map50": ("map50", {"split": "val"}),
    "macs": ("conv_macs", {}),
    "params": ("params", {}),
    "nb_bytes": ("nb_bytes", {"subject": PHONE}),
    "host_ms": ("host_ms_network", {}),
}
"""Column: the figure in it and the conditions that it must hold."""

COSTS = ("host_ms", "macs", "nb_bytes", "params")
"""Columns that may lie on the scatter's horizontal axis."""

CERTAIN = ("measured", "computed")
"""Sources whose marks are filled: measured, or counted exactly."""

Between = Callable[[Figure | None], tuple[float, float] | None]
"""What the change of a score lies in on other pictures; None where it is not known."""


def nothing_known(figure: Figure | None) -> None:
    """For runs whose scores on draws of pictures are not at hand."""


def between_runs(a: Run | None, b: Run | None) -> Between:
    """The interval of the change from A to B, by the same draws of pictures."""

    def between(figure: Figure | None) -> tuple[float, float] | None:
        if a is None or b is None or figure is None or figure.unit != "points":
            return None
        before, after = (run.resamples(figure.conditions.split) for run in (a, b))
        return after.difference(before, score_of(figure)) if before is not None and after is not None else None

    return between


Lookup = Callable[[FigureName, dict[str, object]], Figure | None]


@dataclass(frozen=True)
class Row:
    """One run in the table: `figures` and `deltas` by column; `base` is the first run that it descends from.

    `other_data` says that it was trained on other data than today's, if it was.
    """

    name: str
    number: int
    label: str
    depth: int
    base: str | None
    figures: Mapping[str, Figure | None]
    deltas: Mapping[str, Delta | None]
    other_data: Message | None = None


def figures_of(lookup: Lookup) -> dict[str, Figure | None]:
    """The figure of every column."""
    return {column: lookup(name, dict(conditions)) for column, (name, conditions) in FIGURES.items()}


def deltas_of(
    base: Mapping[str, Figure | None] | None, figures: Mapping[str, Figure | None], between: Between = nothing_known
) -> dict[str, Delta | None]:
    """The change of every column against the base's figures; None each for a run that has no base."""
    if base is None:
        return dict.fromkeys(figures)
    return {column: delta(base[column], found, between(found)) for column, found in figures.items()}


def base_of(name: str, parents: Mapping[str, str | None]) -> str | None:
    """The first ancestor of a run that is still there; None for one that starts its own line."""
    found, seen = name, {name}
    while (parent := parents.get(found)) in parents and parent is not None and parent not in seen:
        found = parent
        seen.add(parent)
    return None if found == name else found


def pareto(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points (cost, score) that no other beats in both, by rising cost."""
    front: list[tuple[float, float]] = []
    for cost, score in sorted(set(points), key=lambda point: (point[0], -point[1])):
        if not front or score > front[-1][1]:
            front.append((cost, score))
    return front


@dataclass(frozen=True)
class ClassRow:
    """A figure of A and of B, such as the AP of one class, and the change."""

    name: str
    a: Figure | None
    b: Figure | None
    change: Delta | None


def class_rows(
    a: Sequence[Figure], b: Sequence[Figure], split: str, between: Between = nothing_known
) -> list[ClassRow]:
    """Every class that either of them has an AP of on `split`, in the order told."""
    found = [
        {
            figure.conditions.subject: figure
            for figure in figures
            if figure.name == "map_class" and figure.conditions.split == split and figure.conditions.subject
        }
        for figures in (a, b)
    ]
    names = list(dict.fromkeys([*found[0], *found[1]]))
    return [
        ClassRow(str(name), before, after, delta(before, after, between(after)))
        for name, before, after in ((name, found[0].get(name), found[1].get(name)) for name in names)
    ]
