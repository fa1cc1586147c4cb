"""Recipe -> checked, ordered training jobs. Pure: no files, no Paddle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.messages import Message, UserError
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe, Step
from engine.detector.spec import find_spec
from engine.registry import make
from engine.technique import Phase, Technique


@dataclass(frozen=True)
class PlannedJob:
    """One run of a recipe: `steps` are applied and recorded, `alongside` act again while it trains.

    `epochs` 0 means that nothing is trained; `rate_factor` multiplies the starting run's learning rate.
    """

    label: str
    steps: tuple[Step, ...]
    alongside: tuple[Step, ...]
    epochs: int
    rate_factor: float


def problems(recipe: Recipe, choice: DetectorChoice) -> list[Message]:
    """Everything that keeps the recipe from being applied to the detector; parameters raise UserError at once."""
    made = [make(step) for step in recipe.steps if step.enabled]
    family = find_spec(choice.key).family
    found: list[Message] = []
    for number, technique in enumerate(made):
        if technique.families is not None and family not in technique.families:
            known = ", ".join(technique.families)
            found.append(
                Message(code="plan.family", args={"technique": technique.key, "family": family, "known": known})
            )
        if any(other.key == technique.key for other in made[:number]):
            found.append(Message(code="plan.twice", args={"technique": technique.key}))
        found += technique.check([other for other in made if other is not technique], choice)
    if sum(technique.phase is Phase.QUANTISE for technique in made) > 1:
        found.append(Message(code="plan.quantised_twice"))
    return found


def ordered(recipe: Recipe) -> list[tuple[Step, Technique]]:
    """The enabled steps by phase, each with its technique."""
    pairs = [(step, make(step)) for step in recipe.steps if step.enabled]
    return sorted(pairs, key=lambda pair: pair[1].phase)


def plan(recipe: Recipe, choice: DetectorChoice) -> list[PlannedJob]:
    """The jobs in order; raises UserError for the first problem."""
    for problem in problems(recipe, choice):
        raise UserError(problem.code, **problem.args)
    steps = ordered(recipe)
    if not steps:
        raise UserError("plan.empty", recipe=recipe.name)
    before = [pair for pair in steps if pair[1].phase < Phase.QUANTISE]
    quantise = [pair for pair in steps if pair[1].phase is Phase.QUANTISE]
    acting = [step for step, technique in before if technique.phase in (Phase.SCHEDULE, Phase.TRAIN)]
    jobs = []
    if before and (len(acting) < len(before) or not quantise or _epochs(before)):
        jobs.append(_job("compress", before, ()))
    for pair in quantise:
        jobs.append(_job(pair[0].technique, [pair], acting if pair[1].trains else ()))
    return jobs


def check_teacher(jobs: Sequence[PlannedJob], student: DetectorChoice, teacher: DetectorChoice) -> None:
    """Raises UserError when a step of the plan cannot be taught by that teacher."""
    for job in jobs:
        for step in job.steps + job.alongside:
            problem = make(step).admits_teacher(student, teacher)
            if problem is not None:
                raise UserError(problem.code, **problem.args)


def with_epochs(jobs: Sequence[PlannedJob], epochs: int | None) -> list[PlannedJob]:
    """The jobs with every training's length replaced; those that train nothing stay so."""
    if epochs is None:
        return list(jobs)
    return [
        PlannedJob(job.label, job.steps, job.alongside, epochs if job.epochs else 0, job.rate_factor)
        for job in jobs
    ]


def _job(label: str, pairs: Sequence[tuple[Step, Technique]], alongside: Sequence[Step]) -> PlannedJob:
    training = [technique for _, technique in pairs if technique.trains]
    factor = min((technique.params.rate_factor for technique in training), default=1.0)
    return PlannedJob(label, tuple(step for step, _ in pairs), tuple(alongside), _epochs(pairs), factor)


def _epochs(pairs: Sequence[tuple[Step, Technique]]) -> int:
    return max((technique.params.epochs for _, technique in pairs if technique.trains), default=0)
