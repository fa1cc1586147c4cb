"""The learning rate over a training job: constant, cosine or piecewise, with a linear warm-up."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique

Fraction = Annotated[float, Field(gt=0, lt=1)]


class LrSchedule(Technique):
    """Change the learning rate while training, from a warm-up at the start to a small rate at the end."""

    key: ClassVar[str] = "lr_schedule"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    title: ClassVar[dict[str, str]] = {"en": "Learning rate schedule", "zh": "学习率调度"}
    summary_zh: ClassVar[str] = "训练过程中调整学习率：开始时预热，结束时降到很小。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "name": "map",
            "effect": 0.8,
            "unit": "points",
            "family": "two-stage",
            "input": None,
            "threads": None,
            "note": {
                "en": "cosine against three-step piecewise; stated as relative",
                "zh": "余弦与三段式分段对比；原文为相对值",
            },
            "source": "PaddleDetection article of 2020-07-06",
        },
        {
            "name": "map",
            "effect": 0.5,
            "unit": "points",
            "family": "SSDLite MobileNetV3-large",
            "input": "320",
            "threads": None,
            "note": {
                "en": "22.8 to 23.3 on COCO, with the backbone's learning rates lowered in the same change",
                "zh": "COCO 上 22.8 → 23.3，同一改动中还降低了骨架网络的学习率",
            },
            "source": "PaddleDetection release/0.4 mobile zoo",
        },
    )

    class Params(Technique.Params):
        """Shape of the curve; factors are relative to the base learning rate of the job."""

        kind: Literal["cosine", "piecewise", "constant"] = parameter(
            "cosine",
            ("Shape", "曲线形状"),
            (
                "Cosine falls smoothly to zero, piecewise falls in steps, constant stays",
                "余弦平滑降到零，分段逐级下降，恒定保持不变",
            ),
            labels={
                "cosine": ("Cosine", "余弦"),
                "piecewise": ("Piecewise", "分段"),
                "constant": ("Constant", "恒定"),
            },
            simple=True,
        )
        warmup_epochs: float = parameter(
            0.0,
            ("Warm-up epochs", "预热轮数"),
            (
                "Epochs of linear warm-up at the start; at most half of the training is used",
                "开始时线性预热的轮数；最多占训练的一半",
            ),
            ge=0,
            le=100,
            simple=True,
        )
        warmup_start: float = parameter(
            0.1,
            ("Warm-up start", "预热起点"),
            (
                "Factor on the base learning rate at the first step of the warm-up",
                "预热第一步的学习率相对于基础学习率的倍数",
            ),
            ge=0,
            le=1,
        )
        milestones: list[Fraction] = parameter(
            [0.8, 0.9],
            ("Milestones", "下降位置"),
            (
                "Piecewise: where the rate falls, as rising fractions of the training",
                "分段：学习率下降的位置，以训练进度的递增比例表示",
            ),
            min_length=1,
            max_length=10,
        )
        gamma: float = parameter(
            0.1,
            ("Factor per milestone", "下降倍数"),
            ("Piecewise: factor on the rate at each milestone", "分段：每个下降位置上学习率乘以的倍数"),
            gt=0,
            le=1,
        )
        floor: float = parameter(
            0.0,
            ("Floor", "下限"),
            ("Smallest factor on the base learning rate", "学习率相对于基础学习率的最小倍数"),
            ge=0,
            le=1,
        )

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


def curve(
    technique: LrSchedule, base: float, steps_per_epoch: int, epochs: int, points: int = 200
) -> list[tuple[float, float]]:
    """Up to `points` pairs (epoch, learning rate) for drawing, each at a real optimiser step, from first to last."""
    last = steps_per_epoch * epochs - 1
    count = max(1, min(points - 1, last))
    steps = sorted({round(i * last / count) for i in range(count + 1)})
    return [(step / steps_per_epoch, technique.rate(base, step, steps_per_epoch, epochs)) for step in steps]
