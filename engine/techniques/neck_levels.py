"""Fewer levels of the backbone into the feature pyramid of a two-stage detector."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect
from engine.contract.text.messages import Message
from engine.technique.base import Phase, Technique

_SCOPE: dict[str, Any] = {
    "family": "two-stage MobileNetV3 FPN",
    "source": "PaddleDetection article of 2020-07-06",
    "note": Message(code="published.c4").texts(),
}

LEVELS = {"c3": 2, "c4": 3}
"""How many maps, from C2 on, feed the pyramid."""


class NeckLevels(Technique):
    """Feed the pyramid from fewer levels of the backbone, whose last blocks then fall away."""

    key: ClassVar[str] = "neck_levels"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "neck.one_stage"
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(name="phone_ms", effect=-21, unit="%", **_SCOPE),
        PublishedEffect(name="map", effect=-0.9, unit="points", **_SCOPE),
    )

    class Params(Technique.TrainingParams):
        """Where the pyramid ends."""

        top: Literal["c4", "c3"] = parameter("neck_levels.top", "c4", simple=True)

    def configure(self, config: dict[str, Any]) -> None:
        """Leave the last maps of the backbone out."""
        backbone = config["backbone"]
        backbone["feature_maps"] = backbone["feature_maps"][: LEVELS[self.params.top]]
