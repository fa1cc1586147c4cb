"""Levels above the backbone's in the feature pyramid of a two-stage detector, by down-sampling convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect
from engine.contract.text.messages import Message
from engine.technique.base import Base, Phase, Technique

_SCOPE: dict[str, Any] = {
    "family": "two-stage MobileNetV3 FPN",
    "source": "PaddleDetection article of 2020-07-06",
    "note": Message(code="published.p5_p6").texts(),
}


class NeckExtraLevels(Technique):
    """Add the levels P5 and P6 by convolutions of stride 2, where C5 does not feed the pyramid."""

    key: ClassVar[str] = "neck_extra_levels"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "neck.one_stage"
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(name="map", effect=1.3, unit="points", **_SCOPE),
        PublishedEffect(name="phone_ms", effect=9, unit="%", **_SCOPE),
    )

    class Params(Technique.TrainingParams):
        """Which levels are added."""

        levels: Literal["p5_p6", "p5"] = parameter("neck_extra_levels.levels", "p5_p6", simple=True)

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Refuses P5 where C5 makes it already, and where there is no P4 to make it from."""
        from engine.detector.base.spec import find_spec

        if find_spec(base.choice.key).family != "rcnn":
            return []  # told of already
        config = base.config()
        for other in others:
            if other.key == "neck_levels":
                other.configure(config)
        top = 1 + len(config["backbone"]["feature_maps"])  # the first of them is C2
        if top > 4:
            return [Message(code="neck_extra_levels.has_p5", args={"key": base.choice.key})]
        return [Message(code="neck_extra_levels.no_p4", args={"top": f"C{top}"})] if top < 4 else []

    def configure(self, config: dict[str, Any]) -> None:
        """Convolutions in place of the pooling that makes the topmost level."""
        config["neck"] |= {"has_extra_convs": True, "extra_stage": 2 if self.params.levels == "p5_p6" else 1}
