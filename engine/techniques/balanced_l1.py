"""Balanced L1 for the boxes of a two-stage detector's box head (Libra R-CNN, Pang and others, 2019)."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique


class BalancedL1(Technique):
    """Train boxes by a loss that listens more to nearly right ones; the box head's only, not the RPN's."""

    key: ClassVar[str] = "balanced_l1"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Balanced L1 loss", "zh": "平衡 L1 损失"}
    summary_zh: ClassVar[str] = "检测头（不含 RPN）的框回归改用更重视接近正确的框的损失。"
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "balanced_l1.one_stage"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "name": "map",
            "effect": 0.4,
            "unit": "points",
            "family": "two-stage MobileNetV3 FPN",
            "input": None,
            "threads": None,
            "note": {"en": "the final box head, COCO", "zh": "用于最后的检测头，COCO"},
            "source": "PaddleDetection article of 2020-07-06",
        },
    )

    class Params(Technique.TrainingParams):
        """Shape of the loss; the published recipe's values. Its slope is constant from a distance of 1 on."""

        alpha: float = parameter(
            0.5,
            ("Alpha", "α"),
            ("Smaller listens more to boxes that are nearly right", "越小越重视接近正确的框"),
            gt=0.05,
            le=5,
            simple=True,
        )
        gamma: float = parameter(
            1.5,
            ("Gamma", "γ"),
            ("Slope from a distance of 1 on", "距离达到 1 之后的斜率"),
            gt=0,
            le=10,
        )
        weight: float = parameter(
            1.0,
            ("Weight", "权重"),
            ("Factor on the box head's box loss", "检测头框回归损失的系数"),
            gt=0,
            le=100,
        )

    def configure(self, config: dict[str, Any]) -> None:
        """Set the loss of the box head, in a cascade of each of its stages."""
        loss = {name: getattr(self.params, name) for name in ("alpha", "gamma", "weight")}
        config["head"]["loss"] = {"type": "BalancedL1", **loss}
