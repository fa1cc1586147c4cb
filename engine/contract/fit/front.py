"""What a fit found: its front of cuts, hollow where nothing was trained, and what it decided; kept in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.fit.job import FitJob
from engine.contract.recipe import Step
from engine.contract.system.files import write_atomically
from engine.contract.text.messages import Message

FILE = "front.json"
"""Where it is kept in the folder of a fit; told as an artifact of kind `FRONT` whenever it is written anew."""
FRONT = "front"
ALIGN = 8
"""What mobile kernels take at once: other numbers of channels cost as much as the next multiple."""
Guarantee = Literal["host", "bench", "simulated", "upper_end", "counted"]
"""What stands for a time: a measurement here, one on the phone or on a simulated one, the upper end of an estimate; of
targets without a time that the network is counted."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FrontPoint(_Frozen):
    """A cut and what it costs.

    A `hollow` point was never trained. Its time is predicted, as the trials so far correct it, and instead of a `map`
    it has at most bounds: it lies between the trials that cut less and more. The others were trained and name their
    `run`, the last of those that the recipe of a point becomes; a `trial` for a short while, the `winner` at length.
    `ms` is what counts against the target, `ms_low` to `ms_high` its interval, `predicted_ms` what was thought before
    any correction. `map` is on val. `macs` is the share of the convolutions' that remains, `mb` the upper end of the
    estimated file, `saliency` the share that goes. `number` counts the trials, `epochs` those that it was trained for,
    `seconds` the work on that. `aimed` is the share of the target's time that it was meant for, `least` how evenly it
    cuts: what any channel is taken to be worth beyond its saliency, in medians.
    """

    kind: Literal["base", "hollow", "trial", "winner"]
    ms: float | None = None
    ms_low: float | None = None
    ms_high: float | None = None
    ms_source: Literal["measured", "estimated"] | None = None
    predicted_ms: float | None = None
    map: float | None = None
    map_low: float | None = None
    map_high: float | None = None
    macs: float = 1.0
    mb: float | None = None
    saliency: float = 0.0
    ratios: Mapping[str, float] = {}
    run: str | None = None
    number: int | None = None
    epochs: int | None = None
    aimed: float | None = None
    least: float = 1.0
    seconds: float | None = None

    @property
    def done(self) -> bool:
        """Whether all that is to be known of a trial or the winner is known."""
        return self.run is not None and self.seconds is not None


class FitVerdict(_Frozen):
    """How a fit ended: whether every target is met, in a sentence, what stands for the time, and the run if any."""

    met: bool
    message: Message
    guarantee: Guarantee
    run: str | None = None
    export: str | None = None


class Front(_Frozen):
    """All of it. `points` are the base, the hollow ones, and the trials in the order in which they were made.

    `others` are the steps that a winner gets besides its cut.
    """

    format: int = 1
    run: str
    job: FitJob
    others: tuple[Step, ...] = ()
    points: tuple[FrontPoint, ...] = ()
    verdict: FitVerdict | None = None

    @property
    def base(self) -> FrontPoint | None:
        """The run that was started from."""
        return next((point for point in self.points if point.kind == "base"), None)

    @property
    def hollow(self) -> list[FrontPoint]:
        """What was not trained, the slowest first."""
        return [point for point in self.points if point.kind == "hollow"]

    @property
    def trials(self) -> list[FrontPoint]:
        """In the order in which they were made."""
        return [point for point in self.points if point.kind == "trial"]

    @property
    def winner(self) -> FrontPoint | None:
        """What was recovered at length."""
        return next((point for point in self.points if point.kind == "winner"), None)

    def write(self, task: Path) -> None:
        """Keep it in the folder of the fit; raises OSError."""
        write_atomically(task / FILE, self.model_dump_json(indent=1, exclude_none=True))


def read_front(task: Path) -> Front | None:
    """What is kept in a folder; None where nothing is that can be read."""
    try:
        return Front.model_validate_json((task / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def best_of(points: list[FrontPoint]) -> list[FrontPoint]:
    """Those of the trained points that none beats in both time and mAP, the fastest first; MACs where none is timed."""
    timed = any(point.ms is not None for point in points)
    told = [(point.ms if timed else point.macs, point.map, point) for point in points]
    known = [(cost, score, point) for cost, score, point in told if cost is not None and score is not None]
    front: list[FrontPoint] = []
    best = float("-inf")
    for _, score, point in sorted(known, key=lambda each: (each[0], -each[1])):
        if score > best:
            front.append(point)
            best = score
    return front


def step_params(ratios: Mapping[str, float], align: int) -> dict[str, Any]:
    """The parameters of the pruning step that makes a point, for a recipe of it."""
    # Without a preset, which would come before the ratio of the groups that stay whole.
    return {"criterion": "obs", "preset": "none", "ratio": 0, "ratios": dict(ratios), "align": align}
