"""Balanced L1 for the boxes of a two-stage detector's box head (Libra R-CNN, Pang and others, 2019)."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect
from engine.contract.text.messages import Message
from engine.technique.base import Phase, Technique


class BalancedL1(Technique):
    """Train boxes by a loss that listens more to nearly right ones; the box head's only, not the RPN's."""

    key: ClassVar[str] = "balanced_l1"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "balanced_l1.one_stage"
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="map",
            effect=0.4,
            unit="points",
            family="two-stage MobileNetV3 FPN",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.balanced_l1").texts(),
        ),
    )

    class Params(Technique.TrainingParams):
        """Shape of the loss; the published recipe's values. Its slope is constant from a distance of 1 on."""

        alpha: float = parameter("balanced_l1.alpha", 0.5, gt=0.05, le=5, simple=True)
        gamma: float = parameter("balanced_l1.gamma", 1.5, gt=0, le=10)
        weight: float = parameter("balanced_l1.weight", 1.0, gt=0, le=100)

    def configure(self, config: dict[str, Any]) -> None:
        """Set the loss of the box head, in a cascade of each of its stages."""
        loss = {name: getattr(self.params, name) for name in ("alpha", "gamma", "weight")}
        config["head"]["loss"] = {"type": "BalancedL1", **loss}
