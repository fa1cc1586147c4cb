"""The two faces of a recipe's chart: its path over a cost, and what each step takes off and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.contract.figures import Figure, FigureName, comparable, pick
from engine.contract.previews.trial import TrialScore
from engine.contract.run.findings.evaluations import PHONE
from studio.stores.run import Run

COSTS: tuple[FigureName, ...] = ("phone_ms", "nb_bytes", "macs")
"""What may lie on the horizontal axis."""


@dataclass(frozen=True)
class PathPoint:
    """A place on the path: `filled` if its mAP was measured after training; `run` names the run that it is of.

    mAP in points with its interval; `cost` in the unit of the figure.
    """

    label: str
    cost: float
    score: float
    low: float | None
    high: float | None
    filled: bool
    step: int | None = None
    run: str | None = None


@dataclass(frozen=True)
class StepChange:
    """What a step takes off a cost, as a share of the base's, and what it does to mAP before recovery, in points."""

    step: int
    title: str
    saved: Mapping[FigureName, float]
    score: float | None
    low: float | None = None
    high: float | None = None

    @property
    def within_noise(self) -> bool:
        """Whether the change of mAP may be none."""
        return self.low is not None and self.high is not None and self.low <= 0 <= self.high


@dataclass(frozen=True)
class Stage:
    """A step on the way: its place in the recipe, its title, the figures after it, and the mAP after it if known."""

    step: int
    title: str
    figures: Sequence[Figure]
    score: TrialScore | None


def score_of_base(told: Figure | None, stages: Sequence[Stage]) -> Figure | None:
    """The base's mAP to set the steps against: as it was told, or as the trial measured it on the trial's pictures."""
    for stage in stages:
        if told is not None and stage.score is not None and comparable(told, stage.score.tried) is not None:
            return stage.score.base
    return told


def path(
    cost: FigureName, base: Sequence[Figure], base_score: Figure | None, stages: Sequence[Stage], base_label: str
) -> list[PathPoint]:
    """The base, then each step whose cost and mAP are known, in the order in which they act."""
    points = []
    start = pick(base, cost)
    if start is not None and base_score is not None:
        points.append(_point(base_label, start, base_score, filled=True))
    for stage in stages:
        at = pick(stage.figures, cost)
        if at is not None and stage.score is not None:
            points.append(_point(stage.title, at, stage.score.tried, filled=False, step=stage.step))
    return points


def _point(label: str, cost: Figure, score: Figure, *, filled: bool, step: int | None = None) -> PathPoint:
    return PathPoint(label, cost.value, score.value, score.low, score.high, filled, step)


def run_points(
    cost: FigureName, runs: Sequence[tuple[Run, Sequence[Figure]]], base_score: Figure | None = None
) -> list[PathPoint]:
    """Runs that were trained from the base; beside each, figures of its like where it has no cost of its own.

    Without those whose score is of other pictures than the base's: beside it they would look better or worse.
    """
    points = []
    for run, alike in runs:
        like = pick(alike, cost)
        score, at = run.figure("map", split="val"), _own(run, cost, like) or like
        if base_score is not None and score is not None and comparable(base_score, score) is not None:
            continue
        if score is not None and at is not None:
            label = f"{run.number:04d} {run.label}"
            points.append(PathPoint(label, at.value, score.value, score.low, score.high, True, run=run.name))
    return points


def _own(run: Run, cost: FigureName, like: Figure | None) -> Figure | None:
    """What was counted or measured of the run itself, where that can stand on one axis with what is estimated."""
    if cost == "nb_bytes":
        return run.figure(cost, subject=PHONE)
    if cost == "phone_ms" and like is not None:
        return run.figure(cost, threads=like.conditions.threads, precision=like.conditions.precision)
    return run.figure(cost)


def changes(base: Sequence[Figure], stages: Sequence[Stage]) -> list[StepChange]:
    """The waterfall: each step against the one before it, costs as shares of the base's."""
    found = []
    before: Sequence[Figure] = base
    last: TrialScore | None = None
    for number, stage in enumerate(stages):
        saved = {}
        for cost in COSTS:
            whole, old, new = pick(base, cost), pick(before, cost), pick(stage.figures, cost)
            if whole is not None and old is not None and new is not None and whole.value:
                saved[cost] = (new.value - old.value) / whole.value
        found.append(StepChange(stage.step, stage.title, saved, *_change(stage.score, last, first=number == 0)))
        before, last = stage.figures, stage.score
    return found


def _change(
    now: TrialScore | None, last: TrialScore | None, *, first: bool
) -> tuple[float | None, float | None, float | None]:
    """Points of mAP that one step costs; the interval is known of the first alone, which is compared with the base."""
    if now is None:
        return None, None, None
    if first and now.change is not None:
        return now.change.value, now.change.low, now.change.high
    if last is None or last.pictures != now.pictures:
        return None, None, None
    return now.tried.value - last.tried.value, None, None
