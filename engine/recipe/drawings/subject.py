"""What a drawing is of: a step, on what it acts, and the trainings it acts in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.contract.previews.drawings import DrawingRequest
from engine.contract.project import ProjectFolder
from engine.contract.recipe import PlannedJob, Recipe, Step
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.lineage import settings_of
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message, UserError
from engine.recipe.foresight import knowing
from engine.recipe.plan import makeable, plan, problems
from engine.recipe.recovery import BaseTraining, base_training
from engine.recipe.registry import make
from engine.recipe.stack import Stack, stack_of
from engine.technique.base import Technique


@dataclass(frozen=True)
class Subject:
    """The step that is drawn, in its recipe; what cannot be told raises UserError."""

    request: DrawingRequest

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe with the step switched on."""
        steps = list(self.request.recipe.steps)
        steps[self.request.step] = self.step
        return self.request.recipe.model_copy(update={"steps": tuple(steps)})

    @cached_property
    def step(self) -> Step:
        """The step, switched on."""
        return self.request.recipe.steps[self.request.step].model_copy(update={"enabled": True})

    @cached_property
    def technique(self) -> Technique:
        """The step's technique; raises UserError for parameters that cannot be."""
        return make(self.step)

    @cached_property
    def folder(self) -> ProjectFolder | None:
        """The project, where one is named."""
        return ProjectFolder(Path(self.request.project)) if self.request.project is not None else None

    @cached_property
    def checkpoint(self) -> Path | None:
        """The weights of the run that the recipe starts from; None where there are none yet."""
        if self.folder is None or self.request.start is None:
            return None
        try:
            return checkpoint_of(self.folder.runs / self.request.start)
        except UserError:
            return None

    @cached_property
    def begun(self) -> Stack:
        """What the recipe starts from: the run's network, else the bare detector."""
        choice = self.request.detector
        if self.checkpoint is None:
            return Stack(choice)
        try:
            return Stack(choice, stack_of(self.checkpoint).techniques)
        except (UserError, OSError):  # a file that is no checkpoint, or went: the bare detector, as in the preview
            return Stack(choice)

    @cached_property
    def below(self) -> Stack:
        """What the step acts on: the enabled steps that the plan puts before it, less those that cannot be."""
        stack = self.begun
        made = makeable(self.recipe)[0]
        order = sorted(made, key=lambda place: made[place].phase)
        for place in order[: order.index(self.request.step)] if self.request.step in order else order:
            higher = stack.under(made[place])
            try:
                higher.graph  # noqa: B018 - made, or refused, here
            except UserError:
                continue
            stack = higher
        return stack

    @cached_property
    def knowing(self) -> Technique:
        """The technique with what it will record, where that is known; raises as the graph that it acts on does."""
        before = self.below.techniques[len(self.begun.techniques) :]
        return knowing(self.technique, self.below, before, self.run)

    @property
    def run(self) -> Path | None:
        """The run that the recipe starts from; None where it has no weights."""
        if self.checkpoint is None or self.folder is None or self.request.start is None:
            return None
        return self.folder.runs / self.request.start

    @cached_property
    def jobs(self) -> list[PlannedJob]:
        """The jobs of the recipe without the steps that cannot be; raises UserError where this one cannot."""
        choice, begun = self.request.detector, self.begun.techniques
        bad: dict[int | None, Message] = {}
        for problem in problems(self.recipe, choice, begun):
            bad.setdefault(problem.step, problem.message)
        if self.request.step in bad:
            message = bad[self.request.step]
            raise UserError(message.code, **message.args)
        steps = tuple(step for place, step in enumerate(self.recipe.steps) if place not in bad)
        recipe = self.recipe.model_copy(update={"steps": steps})
        return plan(recipe, choice, begun, self.base.epochs if self.base is not None else None)

    @cached_property
    def base(self) -> BaseTraining | None:
        """How the run that the recipe starts from was trained, as far as that is known."""
        if self.folder is None or self.request.start is None:
            return None
        return base_training(self.folder.runs / self.request.start)

    @cached_property
    def settings(self) -> TrainSettings:
        """How the start trained, which every training of the recipe goes by."""
        if self.folder is None or self.request.start is None:
            return TrainSettings()
        return settings_of(self.folder.runs / self.request.start)
