"""What is still to be evaluated of runs, for their figures on test and for telling differences from chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.contract.dataset import Part
from studio.stores.run import Run

ORDER: tuple[Part, ...] = ("test", "val")


def missing(runs: Sequence[Run], counts: Mapping[Part, int]) -> list[tuple[str, Part]]:
    """Names of runs with the split that each lacks; `counts` has how many pictures each split holds.

    A training measures its best weights on val, but does not keep what tells how much of a difference is chance.
    """
    return [(run.name, split) for split in ORDER if counts.get(split) for run in runs if run.resamples(split) is None]
