"""What a recipe does to a detector, told while it is edited: figures after each step, problems, jobs, command."""

from __future__ import annotations

import json
import shlex
from functools import cache, lru_cache
from pathlib import Path

from engine.contract.latency import PhoneChoice, PhoneEstimate
from engine.contract.preview import Figures, FiguresAnswer, FiguresRequest, Problem
from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob, Recipe, builtin_recipes
from engine.contract.run.folder import checkpoint_of
from engine.contract.text.messages import UserError
from engine.graph.graph import Graph
from engine.recipe.origin import made_by
from engine.recipe.phone_correction import correct
from engine.recipe.phone_latency import phone_estimate, reachable
from engine.recipe.plan import makeable, plan, problems
from engine.recipe.preview import configuration, graph_figures, traced_graph
from engine.technique.base import Technique


def answer(request: FiguresRequest) -> FiguresAnswer:
    """The answer, in milliseconds once the detector's graph is in memory.

    Raises UserError for a detector that cannot be, JobFailed for one that cannot be built.
    """
    recipe, choice = request.recipe, request.detector
    begun = _begun_with(request)
    base = _Stack(choice, begun, phone=request.phone, project=request.project)
    found = problems(recipe, choice, begun)
    steps: list[Figures | None] = [None] * len(recipe.steps)
    stack = base
    for place, technique in sorted(makeable(recipe)[0].items(), key=lambda item: item[1].phase):
        try:
            stack = stack.with_technique(technique)
        except UserError as error:
            # What a step's check told already need not be told again as what came of it.
            if all(problem.step != place for problem in found):
                found.append(Problem(message=error.message, step=place))
            continue
        steps[place] = stack.figures()
    return FiguresAnswer(
        base=base.figures(),
        figures=stack.figures(),
        steps=tuple(steps),
        problems=tuple(found),
        jobs=() if found else _jobs(recipe, choice, begun),
        command=command(request),
        phone=stack.phone_estimate(),
    )


def _begun_with(request: FiguresRequest) -> tuple[Technique, ...]:
    """What the run that the recipe starts from was made by already; nothing where there is no trained run."""
    if request.project is None or request.start is None:
        return ()
    try:
        file = checkpoint_of(Path(request.project) / "runs" / request.start)
        return _techniques_of(file, file.stat().st_mtime_ns)
    except (UserError, OSError):  # a run that has not begun, or a file that is no checkpoint: the bare detector
        return ()


@lru_cache(maxsize=32)
def _techniques_of(file: Path, _changed: int) -> tuple[Technique, ...]:
    return tuple(made_by(file)[1])


def command(request: FiguresRequest) -> str:
    """The command line that applies the recipe; DIR and RECIPE stand where the request does not name them."""
    recipe = request.recipe_path or _built_in(request.recipe) or "RECIPE"
    words = ["espalier", "compress", request.project or "DIR", recipe]
    for option, value in (("--from", request.start), ("--teacher", request.teacher)):
        words += [option, value] if value else []
    return shlex.join(words)


class _Stack:
    """A detector under some techniques, and its graph after them."""

    def __init__(
        self,
        choice: DetectorChoice,
        techniques: tuple[Technique, ...] = (),
        before: _Stack | None = None,
        phone: PhoneChoice | None = None,
        project: str | Path | None = None,
    ) -> None:
        self.phone, self.project = phone, None if project is None else Path(project)
        self.choice = choice
        self.techniques = techniques
        self.built = _graph(json.dumps(configuration(choice, techniques), sort_keys=True))
        # What was changed after the build need not be changed again while the build is the same.
        again = before is None or before.built is not self.built
        self.graph: Graph = self.built if before is None or again else before.graph
        for technique in techniques if again else techniques[-1:]:
            self.graph = technique.estimate(self.graph)

    def with_technique(self, technique: Technique) -> _Stack:
        """The stack with one technique more; raises UserError when it cannot act here."""
        return _Stack(self.choice, (*self.techniques, technique), self, self.phone, self.project)

    def figures(self) -> Figures:
        """The exact ones, and what a phone would take where one is named."""
        told = self.phone_estimate()
        return (*graph_figures(self.graph, self.techniques), *([told.figure] if told else []))

    def phone_estimate(self) -> PhoneEstimate | None:
        """What a phone would take; in fp32 where int8 is asked and nothing is quantised yet."""
        if self.phone is None:
            return None
        told = phone_estimate(self.graph, reachable(self.phone, self.techniques), self.techniques)
        return correct(told, self.project)


@lru_cache(maxsize=32)
def _graph(config: str) -> Graph:
    return traced_graph(json.loads(config))


def _jobs(recipe: Recipe, choice: DetectorChoice, begun: tuple[Technique, ...]) -> tuple[PlannedJob, ...]:
    return tuple(plan(recipe, choice, begun)) if any(step.enabled for step in recipe.steps) else ()


@cache
def _built_ins() -> dict[str, Recipe]:
    return builtin_recipes()


def _built_in(recipe: Recipe) -> str | None:
    return next((key for key, known in _built_ins().items() if known == recipe), None)
