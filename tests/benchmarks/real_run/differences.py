"""What an arm changes: paired differences, with intervals over pictures and, where there are several, over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.contract.run.findings.resamples import Interval, Resamples, interval_of

SEED = 20260301


@dataclass(frozen=True)
class Difference:
    """Points from one arm to another: the mean over seeds, that of each seed, and what 95 of 100 draws lie between.

    `pictures` draws the pictures anew (the same for both arms and all seeds), `both` also the seeds; None for one seed.
    """

    points: float
    seeds: tuple[float, ...]
    pictures: Interval | None
    both: Interval | None

    def text(self) -> str:
        """The difference in one cell of a table, with that of each seed."""
        between = self.both or self.pictures
        reach = f" ({between[0]:+.1f} to {between[1]:+.1f})" if between is not None else ""
        each = f" [{', '.join(f'{one:+.1f}' for one in self.seeds)}]" if len(self.seeds) > 1 else ""
        return f"{self.points:+.1f}{reach}{each}"


@dataclass(frozen=True)
class Scored:
    """What one arm with one seed has of a score: in points, and on each draw of the pictures."""

    points: float
    draws: Resamples | None


def difference(ours: Sequence[Scored], theirs: Sequence[Scored], score: str) -> Difference:
    """From `theirs` to `ours`, seed by seed; intervals only where all were measured on the same draws."""
    seeds = tuple(one.points - other.points for one, other in zip(ours, theirs, strict=True))
    told = [one.draws for one in (*ours, *theirs)]
    names = {draws.draws if draws is not None else None for draws in told}
    if None in names or len(names) > 1:
        return Difference(float(np.mean(seeds)), seeds, None, None)
    mine, other = (np.array([_values(one.draws, score) for one in side]) for side in (ours, theirs))
    changes = mine - other
    pictures = interval_of(_known(changes.mean(axis=0)))
    if len(seeds) == 1:
        return Difference(seeds[0], seeds, pictures, None)
    chosen = np.random.default_rng(SEED).integers(0, len(seeds), size=(changes.shape[1], len(seeds)))
    drawn = changes[chosen.T, np.arange(changes.shape[1])]
    return Difference(float(np.mean(seeds)), seeds, pictures, interval_of(_known(drawn.mean(axis=0))))


def _values(draws: Resamples | None, score: str) -> list[float]:
    assert draws is not None
    return [float("nan") if value is None else value for value in draws.values[score]]


def _known(values: np.ndarray) -> list[float]:
    return [float(value) for value in values if not np.isnan(value)]
