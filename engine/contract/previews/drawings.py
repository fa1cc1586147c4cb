"""What a step does, as a card of the studio draws it: what is asked for ({"what": "drawing"}) and what is answered."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe

FloatReason = Literal["first", "output", "squeeze", "depthwise", "chosen", "worst"]
"""Why a convolution stays float: it sees the picture, gives the raw outputs, works on means of maps, works on each
channel alone, was chosen by name, or is kept because int8 was measured to hurt it most."""


class DrawingRequest(BaseModel):
    """A drawing of the step at a place of a recipe, from the run `start` of the folder `project` if both are named.

    The step is drawn as if it were on, whether it is or not.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    what: Literal["drawing"] = "drawing"
    drawing: str
    detector: DetectorChoice
    recipe: Recipe
    step: int
    project: str | None = None
    start: str | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RateCurve(_Answer):
    """The learning rate in one training: `rates[i]` at optimiser step `steps[i]`, as close as the curve bends."""

    label: str
    epochs: int
    steps_per_epoch: int
    steps: tuple[int, ...]
    rates: tuple[float, ...]


class RatesAnswer(_Answer):
    """The trainings of the recipe that follow the schedule, in order; `example` where none does and one is assumed."""

    curves: tuple[RateCurve, ...]
    example: bool = False


class LayerChannels(_Answer):
    """The channels that a convolution makes, and how many stay; those of one `group` lose the same ones.

    `locked` is the code of why none can be cut, empty where they can.
    """

    layer: str
    channels: int
    kept: int
    group: str
    locked: str = ""


class ChannelsAnswer(_Answer):
    """Every convolution that makes channels of its own, in order of execution."""

    layers: tuple[LayerChannels, ...]


class LayerPrecision(_Answer):
    """A convolution: its multiply-accumulates, why it stays float (None where it is int8), and what int8 does to it.

    `error` is how far the head's outputs move when it alone is int8, relative to what they are; `clip` which share of
    its input's range calibration gives up, of a range up to `largest`. None where that was not measured.
    """

    layer: str
    macs: int
    kept_float: FloatReason | None = None
    error: float | None = None
    clip: float | None = None
    largest: float | None = None


class Measured(_Answer):
    """On how many pictures of train something was measured, and when (seconds since 1970)."""

    pictures: int
    at: float


class KeptWorst(_Answer):
    """Convolutions that a step finds and keeps in float: those with an error above `limit`.

    The file grows by at most so many `bytes` for those that are `known`; else for those that may be found.
    """

    limit: float
    bytes: int
    known: bool


class PrecisionAnswer(_Answer):
    """Every convolution in order of execution; how their errors and clips were measured, None where they were not.

    `measurable` tells whether the run that the recipe starts from has a float network with weights to measure.
    """

    layers: tuple[LayerPrecision, ...]
    measurable: bool = False
    errors: Measured | None = None
    clips: Measured | None = None
    worst: KeptWorst | None = None


LossName = Literal["balanced_l1", "smooth_l1", "l1"]


class LossCurve(_Answer):
    """A loss over the error, and how steep it is there, at the errors of the answer."""

    name: LossName
    loss: tuple[float, ...]
    slope: tuple[float, ...]


class LossesAnswer(_Answer):
    """The step's own loss first, then those that it is to be held beside."""

    errors: tuple[float, ...]
    curves: tuple[LossCurve, ...]
