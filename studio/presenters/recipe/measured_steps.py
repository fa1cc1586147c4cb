"""What trained runs say of the steps of a recipe, and what recoveries so far let one expect of the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from engine.contract.figures import Figure, pick
from engine.contract.recipe import ROUND, Step
from engine.contract.run.job import TrainJob
from studio.stores.run import Run

Defaults = Callable[[str], Mapping[str, Any]]
"""The parameters of a technique by name, as they are when nothing is said."""
FEWEST = 3
"""Recoveries below which nothing is expected of the next."""
LEAST_DROP = 1.0
"""Points that must be lost for the share that came back to mean something."""
# Student's t for 90 % between both ends, by degrees of freedom from 2; 1.7 from there on (any table of it).
_T = (2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81, 1.80, 1.78, 1.77, 1.76, 1.75)


@dataclass(frozen=True)
class MeasuredStep:
    """What a run measured after a step; `same` is False where it was made with other parameters."""

    run: Run
    same: bool


@dataclass(frozen=True)
class Recovery:
    """Val mAP in points: of the start, right after the steps, and after training."""

    start: float
    before: float
    after: float

    @property
    def share(self) -> float:
        """How much of what was lost came back: 1 for all of it."""
        return (self.after - self.before) / (self.start - self.before)


@dataclass(frozen=True)
class Expectation:
    """An interval of val mAP after recovery, by `recoveries` of this project; it would have held in `held` of them."""

    low: float
    high: float
    recoveries: int
    held: int


def measured_steps(
    steps: Sequence[tuple[int, Step]], base: str | None, runs: Sequence[Run], defaults: Defaults
) -> dict[int, MeasuredStep]:
    """By place of a step: a run made from `base` that ended with it, of the same steps if there is one, else the last.

    `steps` are the enabled ones with their places, in the order in which they act.
    """
    by_name = {run.name: run for run in runs}
    found: dict[int, MeasuredStep] = {}
    for run in runs:
        made = whole_steps(chain(run, base, by_name))
        if not made or len(made) > len(steps) or run.figure("map", split="val") is None:
            continue
        wanted = [step for _, step in steps[: len(made)]]
        if [step.technique for step in made] != [step.technique for step in wanted]:
            continue
        same = all(_same(one, other, defaults) for one, other in zip(made, wanted, strict=True))
        place = steps[len(made) - 1][0]
        if same or place not in found or not found[place].same:
            found[place] = MeasuredStep(run, same)
    return found


def chain(run: Run, base: str | None, by_name: Mapping[str, Run]) -> list[Step]:
    """All steps between the run `base` and this one; empty where it was not made from that."""
    steps: list[Step] = []
    seen: set[str] = set()
    here: Run | None = run
    while here is not None and here.name != base:
        if not isinstance(here.job, TrainJob) or here.name in seen:
            return []
        seen.add(here.name)
        steps = [*here.job.steps, *steps]
        here = by_name.get(here.parent or "")
    return steps if here is not None else []


def whole_steps(made: Sequence[Step]) -> list[Step]:
    """The steps with those done in rounds once, as the recipe has them; none before the last round is done."""
    found: list[Step] = []
    waiting: set[str] = set()
    for step in made:
        own = {name: value for name, value in step.params.items() if name not in ROUND}
        if "kept" not in step.params:
            found.append(step)
            continue
        if step.technique not in waiting:
            found.append(step.model_copy(update={"params": own}))
        if step.params.get("round"):
            waiting.add(step.technique)
        else:
            waiting.discard(step.technique)
    return [] if waiting else found


def _same(one: Step, other: Step, defaults: Defaults) -> bool:
    known = defaults(one.technique)
    return {**known, **one.params} == {**known, **other.params}


def recoveries(runs: Sequence[Run]) -> list[Recovery]:
    """Every training of the project that began with a loss, and ended."""
    return list(_recoveries(runs))


def _recoveries(runs: Sequence[Run]) -> Iterator[Recovery]:
    for run in runs:
        if not isinstance(run.job, TrainJob) or not run.job.settings.epochs or run.status != "finished":
            continue
        if any("kept" in step.params for step in run.job.steps):
            continue  # a round loses and gets back a part only
        told = [_val_map(run.figures("start")), _val_map(run.figures("transformed")), _val_map(run.figures("final"))]
        start, before, after = told
        if start is not None and before is not None and after is not None and start - before >= LEAST_DROP:
            yield Recovery(start, before, after)


def _val_map(figures: Sequence[Figure]) -> float | None:
    figure = pick(figures, "map", split="val")
    return figure.value if figure is not None else None


def expected(start: float, before: float, evidence: Sequence[Recovery]) -> Expectation | None:
    """What to expect of a recipe that takes mAP from `start` to `before`; None without enough evidence.

    A 90 % prediction interval of the share that comes back, as if shares were normal (Student 1908); `held` tells how
    many of the recoveries lie within the interval that the others give.
    """
    ends = _interval(start, before, evidence)
    if ends is None:
        return None
    held = 0
    for place, one in enumerate(evidence):
        others = _interval(one.start, one.before, [*evidence[:place], *evidence[place + 1 :]], fewest=2)
        held += others is not None and others[0] <= one.after <= others[1]
    return Expectation(*ends, len(evidence), held)


def _interval(
    start: float, before: float, evidence: Sequence[Recovery], fewest: int = FEWEST
) -> tuple[float, float] | None:
    if len(evidence) < fewest or start - before < LEAST_DROP:
        return None
    shares = [one.share for one in evidence]
    freedom = len(shares) - 1
    t = 6.31 if freedom == 1 else _T[freedom - 2] if freedom - 2 < len(_T) else 1.7
    reach = t * stdev(shares) * math.sqrt(1 + 1 / len(shares))
    low, high = (before + (mean(shares) + sign * reach) * (start - before) for sign in (-1, 1))
    return max(0.0, low), min(100.0, high)
