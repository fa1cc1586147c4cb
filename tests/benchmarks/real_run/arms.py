"""The arms of the real run: each a recipe on one base, with as many epochs in all as the control has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from engine.contract.project import DetectorChoice
from engine.contract.recipe import RECOVERY_SCHEDULE, PlannedJob, Recipe, Step
from engine.recipe.plan import plan
from engine.recipe.registry import techniques
from engine.technique.base import Phase, Technique

BASE = "base"


class Arm(BaseModel):
    """What is done to one start, and what it is compared with.

    `steps` stand upon those of the arm `with`; parameters of a technique that both name are put together. `asks` are
    words for `espalier sensitivity` of the start, whose recipe goes before both. `epochs` is a budget of its own, for
    an arm that is not to have the control's. One that shall `train` changes no network. `teacher` is the arm that
    distillation learns from. `test` measures it on test.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    says: str
    against: str
    start: str = Field(default=BASE, alias="from")
    below: str | None = Field(default=None, alias="with")
    teacher: str = BASE
    train: bool = False
    test: bool = False
    epochs: int | None = None
    asks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Plan(BaseModel):
    """The arms, each after what it starts from; `new` are more words for the project, `settings` those of all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    detector: str
    new: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    arms: tuple[Arm, ...]

    def arm(self, name: str) -> Arm:
        """The arm of that name; raises KeyError."""
        return {arm.name: arm for arm in self.arms}[name]

    def with_needed(self, names: Sequence[str]) -> list[Arm]:
        """The arms of those names, what they are compared with, and what all of these are made from; else all.

        What is only needed by another is compared with the base where its own comparison is not among them.
        """
        wanted = set(names) | {self.arm(name).against for name in names}
        for arm in reversed(self.arms):  # each comes after what it needs
            wanted |= {arm.start, arm.teacher} if arm.name in wanted else set()
        chosen = [arm for arm in self.arms if not names or arm.name in wanted]
        known = {BASE, *(arm.name for arm in chosen)}
        return [arm if arm.against in known else arm.model_copy(update={"against": BASE}) for arm in chosen]

    def steps(self, arm: Arm, asked: Mapping[str, Sequence[Step]]) -> tuple[Step, ...]:
        """All steps of an arm, on the schedule of a recovery; `asked` has what `sensitivity` told, by arm."""
        below = self.steps(self.arm(arm.below), asked) if arm.below is not None else (RECOVERY_SCHEDULE,)
        return merged(merged(below, arm.steps), asked.get(arm.name, ()))


def load_plan(file: Path) -> Plan:
    """The plan in a file; raises pydantic.ValidationError."""
    return Plan.model_validate_json(file.read_text(encoding="utf-8"))


def merged(below: Sequence[Step], above: Sequence[Step]) -> tuple[Step, ...]:
    """Both, with the parameters of a technique that both have put together."""
    found = {step.technique: step for step in below}
    for step in above:
        known = found[step.technique].params if step.technique in found else {}
        found[step.technique] = Step(technique=step.technique, params={**known, **step.params})
    return tuple(found.values())


def within_budget(
    name: str, steps: Sequence[Step], budget: int, choice: DetectorChoice, begun: Sequence[Technique] = ()
) -> tuple[Recipe, list[PlannedJob]]:
    """A recipe whose trainings have `budget` epochs together, and its jobs.

    What rounds and quantising take goes off the recovery. Raises ValueError where nothing is left for that.
    """
    known = techniques()

    def recipe(epochs: int) -> Recipe:
        own = {"recovery": "own", "epochs": epochs}
        given = [
            step.model_copy(update={"params": step.params | own})
            if known[step.technique].trains and known[step.technique].phase < Phase.QUANTISE
            else step
            for step in steps
        ]
        return Recipe(name=name, steps=tuple(given))

    jobs = plan(recipe(budget), choice, begun)
    left = budget - (sum(job.epochs for job in jobs) - budget)
    if not any(job.epochs for job in jobs):
        return recipe(budget), jobs
    if left < 1:
        raise ValueError(f"{name}: its other trainings take all of {budget} epochs")
    made = recipe(left)
    return made, plan(made, choice, begun)
