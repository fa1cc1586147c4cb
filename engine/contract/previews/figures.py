"""What `serve figures` is asked and answers: a recipe's figures without training, and what keeps it from running."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice, PhoneEstimate
from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob, Recipe
from engine.contract.text.messages import Message

Figures = tuple[Figure, ...]


class Problem(BaseModel):
    """Why a recipe cannot be applied; `step` is a place in the recipe's steps, None where it is the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: Message
    step: int | None = None


class FiguresRequest(BaseModel):
    """A detector, and the recipe on it, from the run `start` of the folder `project` if both are named.

    `follow` has the phone's precision follow the recipe: int8 where something is quantised, else that of `phone`. The
    rest only completes the command line and names what it would name.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    detector: DetectorChoice
    recipe: Recipe = Recipe(name="", steps=())
    project: str | None = None
    recipe_path: str | None = None
    start: str | None = None
    teacher: str | None = None
    phone: PhoneChoice | None = None
    follow: bool = False


class FiguresAnswer(BaseModel):
    """Figures of what the recipe starts from (a run, else the bare detector), after each step and after all of them.

    `steps` stand in the order of the recipe, each with all enabled steps up to it in the order of the plan; None for a
    step that is switched off or has parameters that cannot be. `jobs` is empty while there are problems. Where the
    request names a phone, `phone_ms` is among the figures, and `phone` tells where the time goes after all steps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Figures
    figures: Figures
    steps: tuple[Figures | None, ...]
    problems: tuple[Problem, ...]
    jobs: tuple[PlannedJob, ...]
    command: str
    phone: PhoneEstimate | None = None
