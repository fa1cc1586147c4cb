"""What is still to be evaluated of runs, for their figures on test and for telling differences from chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.contract.dataset import Part
from studio.stores.run import Run

ORDER: tuple[Part, ...] = ("test", "val")


def missing(runs: Sequence[Run], counts: Mapping[Part, int]) -> list[tuple[str, Part]]:
    """Names of runs with the split that each lacks; `counts` has how many pictures each split holds.

    A training measures its best weights on val, but does not keep what tells how much of a difference is chance. What
    was measured on other pictures than the others' is measured again.
    """
    found = []
    for split in ORDER:
        stale = _on_other_pictures(runs, split, counts.get(split, 0))
        lacking = [run for run in runs if run.name in stale or run.resamples(split) is None]
        found += [(run.name, split) for run in lacking if counts.get(split)]
    return found


def _on_other_pictures(runs: Sequence[Run], split: Part, count: int) -> set[str]:
    """Runs whose mAP is of fewer or more pictures than there are, or all where theirs are not the same."""
    told = {run.name: figure.conditions for run in runs if (figure := run.figure("map", split=split)) is not None}
    sets = {held.picture_set for held in told.values() if held.picture_set}
    if len(sets) > 1:
        return set(told)
    return {name for name, held in told.items() if held.pictures is not None and held.pictures != count}
