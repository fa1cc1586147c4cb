"""The learning rate over a training job: constant, cosine or piecewise, with a linear warm-up."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect, changed
from engine.contract.text.messages import Message
from engine.technique.base import Phase, Technique

Fraction = Annotated[float, Field(gt=0, lt=1)]


class LrSchedule(Technique):
    """Change the learning rate while training, from a warm-up at the start to a small rate at the end."""

    key: ClassVar[str] = "lr_schedule"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="map",
            effect=0.8,
            unit="points",
            family="two-stage",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.cosine").texts(),
        ),
        changed(
            "map",
            22.8,
            23.3,
            "published.cosine_with_rates",
            family="SSDLite MobileNetV3-large",
            source="PaddleDetection release/0.4 mobile zoo",
            input="320",
        ),
    )

    class Params(Technique.Params):
        """Shape of the curve; factors are relative to the base learning rate of the job."""

        kind: Literal["cosine", "piecewise", "constant"] = parameter("lr_schedule.kind", "cosine", simple=True)
        warmup_epochs: float = parameter("lr_schedule.warmup_epochs", 0.0, ge=0, le=100, simple=True)
        warmup_start: float = parameter("lr_schedule.warmup_start", 0.1, ge=0, le=1)
        milestones: list[Fraction] = parameter("lr_schedule.milestones", [0.8, 0.9], min_length=1, max_length=10)
        gamma: float = parameter("lr_schedule.gamma", 0.1, gt=0, le=1)
        floor: float = parameter("lr_schedule.floor", 0.0, ge=0, le=1)

        @field_validator("milestones")
        @classmethod
        def _rising(cls, value: list[float]) -> list[float]:
            if any(later <= earlier for earlier, later in pairwise(value)):
                raise ValueError("value.rising")
            return value

    def rate(self, base: float, step: int, steps_per_epoch: int, epochs: int) -> float:
        """Learning rate at optimiser step `step` (from 0) of `steps_per_epoch * epochs`; `base` is the peak."""
        epoch = step / steps_per_epoch
        warmup = min(self.params.warmup_epochs, epochs / 2)
        if epoch < warmup:
            start, end = self.params.warmup_start, self._factor(warmup / epochs)
            return base * float(start + (end - start) * epoch / warmup)
        return base * self._factor(epoch / epochs)

    def _factor(self, done: float) -> float:
        params = self.params
        if params.kind == "cosine":
            factor = 0.5 * (math.cos(math.pi * min(done, 1.0)) + 1)
        elif params.kind == "piecewise":
            factor = params.gamma ** sum(done >= milestone for milestone in params.milestones)
        else:
            factor = 1.0
        return float(max(factor, params.floor))
