"""What the warm pictures process answers of a recipe that was never trained: boxes, and mAP with an interval."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.figures import Figure
from engine.contract.recipe import Recipe
from engine.contract.text.messages import Message

SIZES = (16, 64, 0)
"""On how many val pictures mAP is told, one after another; 0 for all."""
Part = Literal["base", "tried"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrialRequest(BaseModel):
    """The run `start` of the folder `project` under the steps of a recipe, up to that at the place `upto` if given.

    Boxes are asked of the file `picture`, mAP on so many val pictures as `sizes` says.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    project: str
    start: str
    recipe: Recipe
    upto: int | None = None
    picture: str | None = None
    threshold: float = 0.5
    sizes: tuple[int, ...] = SIZES


class StepFate(_Frozen):
    """What became of a step: it acts `now`, acts only in `training`, or `cannot` act on weights that are trained.

    `step` is its place in the recipe; `reason` is told of the latter two.
    """

    step: int
    acts: Literal["now", "training", "cannot"]
    reason: Message | None = None


class FoundBox(_Frozen):
    """A box: `label` by name, `score` from 0 to 1, `box` as edges in pixels of the picture."""

    label: str
    score: float
    box: tuple[float, float, float, float]


class TrialScore(_Frozen):
    """mAP on the first `pictures` of `total` val pictures, in an order that is always the same.

    All are points, measured, before recovery. The intervals hold 95 % of what other pictures of the same kind would
    give (bootstrap over pictures); `change` is that from `base` to `tried` on the same pictures.
    """

    pictures: int
    total: int
    tried: Figure
    base: Figure | None = None
    change: Figure | None = None

    @property
    def within_noise(self) -> bool:
        """Whether the change may be none at all; False while it is not known."""
        change = self.change
        return (
            change is not None and change.low is not None and change.high is not None and change.low <= 0 <= change.high
        )


class TrialAnswer(_Frozen):
    """A part of the answer; the parts come as they are known, and `more` is False in the last.

    While `pending` says what is still being done, boxes are without it; they come again with the next `fates`.
    """

    fates: tuple[StepFate, ...] | None = None
    boxes: dict[Part, tuple[FoundBox, ...]] | None = None
    score: TrialScore | None = None
    notice: Message | None = None
    pending: Message | None = None
    more: bool = True
