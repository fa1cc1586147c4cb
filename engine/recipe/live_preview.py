"""What a recipe does to a detector, told while it is edited: figures after each step, problems, jobs, command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from engine.contract.figures import Figure
from engine.contract.latency import PhoneEstimate
from engine.contract.previews.figures import Figures, FiguresAnswer, FiguresRequest, Problem
from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob, Recipe, builtin_recipes
from engine.contract.run.folder import checkpoint_of
from engine.contract.text.messages import UserError
from engine.recipe.foresight import knowing
from engine.recipe.phone_correction import correct
from engine.recipe.phone_latency import phone_estimate, reachable
from engine.recipe.plan import makeable, plan, problems
from engine.recipe.precision_advice import advised
from engine.recipe.recovery import base_training
from engine.recipe.stack import Stack, stack_of
from engine.technique.base import Technique


def answer(request: FiguresRequest) -> FiguresAnswer:
    """The answer, in milliseconds once the detector's graph is in memory.

    Raises UserError for a detector that cannot be, JobFailed for one that cannot be built.
    """
    recipe, choice = request.recipe, request.detector
    begun = _begun_with(request)
    stack = Stack(choice, begun)
    base = after = _with_phone(stack.figures(), stack, request)
    found = problems(recipe, choice, begun)
    steps: list[Figures | None] = [None] * len(recipe.steps)
    run, before = _start_of(request), len(begun)
    for place, technique in sorted(makeable(recipe)[0].items(), key=lambda item: item[1].phase):
        try:
            higher = stack.under(knowing(technique, stack, stack.techniques[before:], run))
            exact = higher.figures()
        except UserError as error:
            # What a step's check told already need not be told again as what came of it.
            if all(problem.step != place for problem in found):
                found.append(Problem(message=error.message, step=place))
            continue
        stack = higher
        after = steps[place] = _with_phone(exact, stack, request)
    return FiguresAnswer(
        base=base,
        figures=after,
        steps=tuple(steps),
        problems=tuple(found),
        jobs=() if found else _jobs(recipe, choice, begun, request),
        command=command(request),
        phone=_advised(stack, request),
    )


def _begun_with(request: FiguresRequest) -> tuple[Technique, ...]:
    """What the run that the recipe starts from was made by already; nothing where there is no trained run."""
    run = _start_of(request)
    if run is None:
        return ()
    try:
        return stack_of(checkpoint_of(run)).techniques
    except (UserError, OSError):  # a run that has not begun, or a file that is no checkpoint: the bare detector
        return ()


def _start_of(request: FiguresRequest) -> Path | None:
    """The run that the recipe starts from."""
    if request.project is None or request.start is None:
        return None
    return Path(request.project) / "runs" / request.start


def command(request: FiguresRequest) -> str:
    """The command line that applies the recipe; DIR and RECIPE stand where the request does not name them."""
    recipe = request.recipe_path or _built_in(request.recipe) or "RECIPE"
    words = ["espalier", "compress", request.project or "DIR", recipe]
    for option, value in (("--from", request.start), ("--teacher", request.teacher)):
        words += [option, value] if value else []
    return shlex.join(words)


def _with_phone(exact: Sequence[Figure], stack: Stack, request: FiguresRequest) -> Figures:
    """The figures, and what a phone would take where one is named."""
    told = _phone_estimate(stack, request)
    return (*exact, *([told.figure] if told else []))


def _phone_estimate(stack: Stack, request: FiguresRequest) -> PhoneEstimate | None:
    """What a phone would take; in fp32 where int8 is asked and nothing is quantised yet."""
    phone = request.phone
    if phone is None:
        return None
    if request.follow and stack.quantised:
        phone = phone.model_copy(update={"precision": "int8"})
    told = phone_estimate(stack, reachable(phone, stack))
    return correct(told, None if request.project is None else Path(request.project))


def _advised(stack: Stack, request: FiguresRequest) -> PhoneEstimate | None:
    """The same after all steps, and which precision should be fastest then."""
    told = _phone_estimate(stack, request)
    if told is None or request.phone is None:
        return None
    return advised(told, stack, request.phone, None if request.project is None else Path(request.project))


def _jobs(
    recipe: Recipe, choice: DetectorChoice, begun: tuple[Technique, ...], request: FiguresRequest
) -> tuple[PlannedJob, ...]:
    if not any(step.enabled for step in recipe.steps):
        return ()
    run = _start_of(request)
    base = base_training(run) if run is not None else None
    return tuple(plan(recipe, choice, begun, base.epochs if base is not None else None))


@cache
def _built_ins() -> dict[str, Recipe]:
    return builtin_recipes()


def _built_in(recipe: Recipe) -> str | None:
    return next((key for key, known in _built_ins().items() if known == recipe), None)
