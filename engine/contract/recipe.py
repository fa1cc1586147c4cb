"""A recipe: an ordered stack of steps, each a technique with its parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.system.files import write_atomically
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place
from engine.contract.text.resources import RECIPES

Recovery = Literal["short", "base", "twice", "own"]
"""How long a training after a step is: a part of the base's, as long, twice as long, or its own number of epochs."""


class Step(BaseModel):
    """A technique with its parameters; `params` are checked by the technique's own `Params`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    technique: str
    params: dict[str, Any] = {}
    enabled: bool = True


class Recipe(BaseModel):
    """What a person stacks on a detector, in the order shown; the plan orders it by phase."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    name: str
    summary: str = ""
    summary_zh: str = ""
    detectors: tuple[str, ...] = ()
    steps: tuple[Step, ...]


class PlannedJob(BaseModel):
    """One run that a recipe makes: `steps` are applied and recorded, `alongside` act again while it trains.

    `epochs` 0 means that nothing is trained; `rate_factor` multiplies the starting run's learning rate. `recovery` is
    what the length was asked as, `base_epochs` what it is measured by: how long the base trained, None where that is
    not known. One that `recovers` restarts at the base's highest rate and averages the weights unless a person set that
    otherwise. A `brief` one is a round before the last, which keeps its length when another is given to all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    steps: tuple[Step, ...] = ()
    alongside: tuple[Step, ...] = ()
    epochs: int = 0
    rate_factor: float = 1.0
    recovery: Recovery = "own"
    base_epochs: int | None = None
    recovers: bool = False
    brief: bool = False

    def acts(self, step: Step) -> bool:
        """Whether a step of the recipe acts in this run, in a round of it or as a whole."""
        return any(each == step or is_round_of(each, step) for each in (*self.steps, *self.alongside))


ROUND = ("kept", "round")
"""Parameters that a step has more in each of its rounds."""


def is_round_of(each: Step, step: Step) -> bool:
    """Whether `each` is one of the rounds of a step."""
    own = {name: value for name, value in each.params.items() if name not in ROUND}
    return each.technique == step.technique and "kept" in each.params and own == step.params


BASE_STEPS = (Step(technique="lr_schedule", params={"kind": "cosine", "warmup_epochs": 1.0}),)
"""What a base training follows unless somebody says otherwise: its schedule."""
RECOVERY_SCHEDULE = Step(technique="lr_schedule", params={"kind": "cosine", "warmup_epochs": 1.0, "floor": 0.01})
"""What a recovery follows where its recipe has no schedule: the full rate again, down to a hundredth of it."""


def builtin_recipes() -> dict[str, Recipe]:
    """The recipes that ship with Espalier, by key. Raises UserError as `load_recipe` does."""
    return {path.stem: load_recipe(path) for path in sorted(RECIPES.glob("*.json"))}


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file; raises UserError that names the file, the place and the remedy."""
    try:
        return Recipe.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError("recipe.unreadable", path=str(path), reason=error.strerror or "?") from error
    except ValueError as error:
        raise UserError("recipe.malformed", path=str(path), reason=at_place(error)) from error


def write_recipe(path: Path, *steps: Step) -> None:
    """Write the steps as a recipe that is called after its file, in a folder that is made for it; raises OSError."""
    told = [step.model_dump(exclude={"enabled"}) for step in steps]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"name": path.stem, "steps": told}, indent=2))


def find_recipe(name: str) -> Recipe:
    """A built-in recipe by key, or a recipe file by path; raises UserError when it is neither, or cannot be read."""
    if (RECIPES / f"{name}.json").is_file():
        return load_recipe(RECIPES / f"{name}.json")
    path = Path(name)
    if not path.is_file():
        known = ", ".join(builtin_recipes())
        raise UserError("recipe.unknown", name=name, known=known)
    return load_recipe(path)
