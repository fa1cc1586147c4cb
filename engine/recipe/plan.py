"""Recipe -> checked, ordered training jobs. Pure, but that rounds look at the network's graph; no Paddle."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.previews.figures import Problem
from engine.contract.project import DetectorChoice
from engine.contract.recipe import RECOVERY_SCHEDULE, PlannedJob, Recipe, Step
from engine.contract.text.messages import Message, UserError
from engine.detector.base.spec import find_spec
from engine.recipe.recovery import length_of
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from engine.technique.base import Phase, Technique

ACTING = (Phase.DATA, Phase.SCHEDULE, Phase.TRAIN)
"""Phases whose steps act whenever a job of the recipe trains, not only in the job that records them."""

CHANGING = (Phase.ARCHITECTURE, Phase.PRUNE, Phase.QUANTISE)
"""Phases whose steps change the network itself, which one in int8 does not allow."""


def makeable(recipe: Recipe) -> tuple[dict[int, Technique], list[Problem]]:
    """The enabled steps' techniques by place, and the problems of those whose parameters cannot be."""
    made: dict[int, Technique] = {}
    found = []
    for place, step in enumerate(recipe.steps):
        if step.enabled:
            try:
                made[place] = make(step)
            except UserError as error:
                found.append(Problem(message=error.message, step=place))
    return made, found


def problems(recipe: Recipe, choice: DetectorChoice, begun: Sequence[Technique] = ()) -> list[Problem]:
    """Everything that keeps the recipe from being applied to the detector, with the step's place where there is one.

    `begun` is what the run that the recipe starts from was made by. Raises UserError for a detector that there is not.
    """
    made, found = makeable(recipe)
    base = Stack(choice, tuple(begun))
    family = find_spec(choice.key).family
    for place, technique in made.items():
        told = []
        if technique.families is not None and family not in technique.families:
            known = ", ".join(technique.families)
            args: dict[str, str | int | float] = {"technique": technique.key, "family": family, "known": known}
            told.append(Message(code=technique.refusal, args=args))
        if any(made[other].key == technique.key for other in made if other < place):
            told.append(Message(code="plan.twice", args={"technique": technique.key}))
        if technique.phase is Phase.QUANTISE and family == "rcnn":
            told.append(Message(code="plan.two_stage_int8", args={"technique": technique.key}))
        if base.quantising is not None and technique.phase in CHANGING:
            args = {"technique": technique.key, "earlier": base.quantising.key}
            told.append(Message(code="plan.quantised_start", args=args))
        told += technique.check([other for other in made.values() if other is not technique], base)
        found += [Problem(message=message, step=place) for message in told]
    quantising = [place for place, technique in made.items() if technique.phase is Phase.QUANTISE]
    if len(quantising) > 1:
        found.append(Problem(message=Message(code="plan.quantised_twice"), step=quantising[-1]))
    return found


def ordered(recipe: Recipe) -> list[tuple[Step, Technique]]:
    """The enabled steps by phase, each with its technique; raises UserError for one whose parameters cannot be."""
    pairs = [(step, make(step)) for step in recipe.steps if step.enabled]
    return sorted(pairs, key=lambda pair: pair[1].phase)


def plan(
    recipe: Recipe, choice: DetectorChoice, begun: Sequence[Technique] = (), base_epochs: int | None = None
) -> list[PlannedJob]:
    """The jobs in order, after what `begun` did in the starting run, whose base trained for `base_epochs`, if known.

    Raises UserError for the first problem.
    """
    for problem in problems(recipe, choice, begun):
        raise UserError(problem.message.code, **problem.message.args)
    steps = ordered(recipe)
    if not steps:
        raise UserError("plan.empty", recipe=recipe.name)
    before = [pair for pair in steps if pair[1].phase < Phase.QUANTISE]
    quantise = [pair for pair in steps if pair[1].phase is Phase.QUANTISE]
    acting = [pair for pair in before if pair[1].phase in ACTING]
    jobs: list[PlannedJob] = []
    if before and (len(acting) < len(before) or not quantise or length_of(before, base_epochs).epochs):
        rounds = _rounds(Stack(choice, tuple(begun)), before, base_epochs)
        jobs += rounds or [_job("compress", before, (), base_epochs)]
    for pair in quantise:
        again = acting if pair[1].trains else []
        # What no earlier job recorded is recorded here, for it may have changed the configuration.
        recorded = [*([] if jobs else again), pair]
        jobs.append(_job(pair[0].technique, recorded, [step for step, _ in again] if jobs else (), base_epochs))
    return jobs if any(_schedules(step) for step, _ in steps) else _with_schedule(jobs)


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
        job.model_copy(update={"epochs": min(epochs, job.epochs) if job.brief else epochs, "recovery": "own"})
        if job.epochs
        else job
        for job in jobs
    ]


def _rounds(stack: Stack, before: Sequence[tuple[Step, Technique]], base_epochs: int | None) -> list[PlannedJob]:
    """The jobs of a step that is done in rounds, the last trained for the whole length; none where no step is.

    The first records all other steps; in the later ones those act that act in trainings.
    """
    for place, (step, technique) in enumerate(before):
        if not technique.in_rounds:
            continue
        parts = technique.rounds(stack.under(*(other for _, other in before[:place])).graph)
        steps = [step.model_copy(update={"params": step.params | part.params}) for part in parts]
        acting = [other for other, made in before if made.phase in ACTING]
        whole = _job("compress", before, acting, base_epochs)
        jobs = []
        for number, (part, own) in enumerate(zip(parts, steps, strict=True), start=1):
            recorded = tuple(own if other is step else other for other, _ in before) if number == 1 else (own,)
            given: dict[str, object] = {"steps": recorded, "alongside": () if number == 1 else whole.alongside}
            if part.epochs is not None:
                brief = {"label": f"compress-{number}", "epochs": part.epochs, "recovery": "own", "brief": True}
                given |= brief
            jobs.append(whole.model_copy(update=given))
        return jobs
    return []


def _job(
    label: str, pairs: Sequence[tuple[Step, Technique]], alongside: Sequence[Step], base_epochs: int | None
) -> PlannedJob:
    training = [technique for _, technique in pairs if technique.trains]
    length = length_of(pairs, base_epochs)
    return PlannedJob(
        label=label,
        steps=tuple(step for step, _ in pairs),
        alongside=tuple(alongside),
        epochs=length.epochs,
        rate_factor=min((technique.params.rate_factor for technique in training), default=1.0),
        recovery=length.recovery,
        base_epochs=base_epochs,
        recovers=length.recovers,
    )


def _schedules(step: Step) -> bool:
    return step.technique == RECOVERY_SCHEDULE.technique


def _with_schedule(jobs: Sequence[PlannedJob]) -> list[PlannedJob]:
    """Recoveries follow a schedule, and so do the trainings after them, as if the recipe had it."""
    begun, told = False, []
    for job in jobs:
        begun = begun or job.recovers
        added = (RECOVERY_SCHEDULE,) if begun and job.epochs else ()
        told.append(job.model_copy(update={"alongside": job.alongside + added}))
    return told
