"""What a fit is asked: a detector that keeps to a time on a phone, found by short trials."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.contract.system.cores import core_count
from engine.contract.system.memory import total_bytes

LOCAL, RAY = "local", "ray"
"""The fleets that are this machine."""
HOST = "host"
"""What stands for this machine in place of a phone's chip."""

_TRIAL_BYTES = 6 << 30
"""What a trial may need: a YOLOv3-MobileNetV3-large at 160 px in batches of 8 took 1.7 GB; 320 px
has four times the pixels."""


class FitJob(BaseModel):
    """Cut the run `start` until it keeps within the targets, and recover the best cut at length.

    `ms` is on `phone`, a chip of `resources/phones` or `HOST`, with `threads` in `precision`; against the estimate's
    upper end, or a bench on the phone whose serial number is `device`. `mb` is the file in that precision, `macs` the
    share of the convolutions' that may remain, `points` how much mAP may be lost. At most `trials` short trainings of
    `trial_epochs`, then one of `epochs`, as long as the base's if not given, all within `hours` of work if that is
    given. `at_once` of the trials are trained side by side, on `fleet` if one is named,
    which then trains the last too. `pictures` for saliency; `limit` as in TrainJob.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = 1
    kind: Literal["fit"] = "fit"
    project: str
    start: str
    phone: str | None = None
    threads: int = Field(default=1, ge=1, le=16)
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    ms: float | None = Field(default=None, gt=0)
    points: float | None = Field(default=None, ge=0, le=100)
    mb: float | None = Field(default=None, gt=0)
    macs: float | None = Field(default=None, gt=0, le=1)
    device: str | None = None
    hours: float | None = Field(default=None, gt=0)
    trials: int = Field(default=8, ge=1)
    trial_epochs: int = Field(default=6, ge=0, le=10000)
    at_once: int = Field(default=1, ge=1, le=64)
    fleet: str | None = None
    epochs: int | None = Field(default=None, ge=0, le=10000)
    pictures: int = Field(default=200, ge=1, le=100000)
    limit: int = Field(default=0, ge=0)

    @property
    def on_host(self) -> bool:
        """Whether times are those of this machine."""
        return self.phone == HOST

    @property
    def elsewhere(self) -> bool:
        """Whether its trainings are done by machines that are not this one alone."""
        return self.fleet not in (None, LOCAL, RAY)


def trials_at_once() -> int:
    """How many trials this machine trains side by side at best: one on each core, if each has its memory, at most 3."""
    return max(1, min(3, core_count(), total_bytes() // _TRIAL_BYTES))
