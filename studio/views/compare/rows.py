"""Which runs the compare page shows, with what figures, and which two it sets against each other."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.figures import Figure
from engine.contract.run.job import TrainJob
from studio.presenters.compare.run_rows import Row, base_of, between_runs, deltas_of, figures_of
from studio.stores.run import Run
from studio.studio import Studio

Sides = tuple[str | None, str | None]


def run_figures(run: Run) -> dict[str, Figure | None]:
    """The figure of every column, of a run."""
    return figures_of(lambda name, conditions: run.figure(name, **conditions))


def has_weights(run: Run | None) -> bool:
    """Whether a run can be compared: it was trained to its end."""
    return run is not None and isinstance(run.job, TrainJob) and run.status == "finished"


def rows_of(studio: Studio) -> list[Row]:
    """The runs of the project as rows, each below the one that it started from."""
    tree = [(run, depth) for run, depth in studio.runs.tree() if run.job is None or run.job.kind == "train"]
    parents = {run.name: run.parent for run, _ in tree}
    figures = {run.name: run_figures(run) for run, _ in tree}
    rows = []
    for run, depth in tree:
        base = base_of(run.name, parents)
        found = figures[run.name]
        between = between_runs(studio.runs.by_name(base), run)
        changes = deltas_of(figures[base] if base else None, found, between)
        other = studio.data_seen.other(run)
        rows.append(Row(run.name, run.number, run.label, depth, base, found, changes, other))
    return rows


def sides_of(studio: Studio, rows: Sequence[Row], shown: Sides) -> Sides:
    """The runs that were chosen, else those that are looked at, else the latest with its base; one alone is A."""
    ready = [row.name for row in rows if has_weights(studio.runs.by_name(row.name))]
    if len(ready) == 1:
        return ready[0], None
    a, b = studio.settings.value.compare_a, studio.settings.value.compare_b
    latest = max(ready, default=None)
    chosen_b = next((name for name in (b, shown[1]) if name in ready), latest)
    base = next((row.base for row in rows if row.name == chosen_b), None)
    fallback = base or next((name for name in ready if name != chosen_b), None)
    chosen_a = next((name for name in (a, shown[0]) if name in ready and name != chosen_b), fallback)
    return chosen_a, chosen_b
