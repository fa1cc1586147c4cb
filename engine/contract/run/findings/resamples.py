"""How far mAP would be otherwise on other pictures: the same draws of a split's pictures for every run that has it.

A draw takes as many pictures as there are, some twice and some not at all (a bootstrap). All runs are measured on the
same draws, so that two of them differ in each draw by what the networks do, not by which pictures were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.figures import Figure
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import Split
from engine.contract.system.files import folder_in, write_atomically

OUTSIDE = 0.025
"""The share of draws that may lie below an interval, and as many above."""
Interval = tuple[float, float]


class Resamples(BaseModel):
    """`values` of each score in points, one for each draw; None where none of a class's objects was drawn.

    `draws` names the draws: two runs can be compared where theirs are the same. A score is called by `score_of`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format: int = 1
    draws: str
    split: Split
    pictures: int
    values: dict[str, tuple[float | None, ...]]

    def interval(self, score: str) -> Interval | None:
        """Between what 95 of 100 draws lie; None for a score that it has not."""
        return interval_of(self.values.get(score, ()))

    def difference(self, other: Resamples, score: str) -> Interval | None:
        """Between what the change from `other` to this lies in 95 of 100 draws; None where they cannot be compared."""
        if other.draws != self.draws:
            return None
        pairs = zip(other.values.get(score, ()), self.values.get(score, ()), strict=False)
        return interval_of([b - a for a, b in pairs if a is not None and b is not None])


def score_of(figure: Figure) -> str:
    """What a figure's score is called among the values."""
    return f"{figure.name}:{figure.conditions.subject}" if figure.name == "map_class" else figure.name


def interval_of(values: Sequence[float | None]) -> Interval | None:
    """Between what 95 of 100 of the values lie; None where there are too few to say."""
    known = sorted(value for value in values if value is not None)
    if len(known) < 1 / OUTSIDE:
        return None
    out = int(OUTSIDE * len(known))
    return known[out], known[-1 - out]


def resamples_file(run: Path, split: str) -> Path:
    """Where they are kept with a run."""
    return run / "evaluations" / "resamples" / f"{split}.json"


def read_resamples(run: Path, split: str) -> Resamples | None:
    """Those of a run on a split; None where there are none, or none that can be read."""
    try:
        return Resamples.model_validate_json(resamples_file(run, split).read_bytes())
    except (OSError, ValidationError):
        return None


def keep_resamples(run: Path, told: Resamples) -> None:
    """Keep them with the run; raises OSError."""
    if RunFolder(run).job.is_file():
        folder_in(run, "evaluations", "resamples")
        write_atomically(resamples_file(run, told.split), told.model_dump_json())
