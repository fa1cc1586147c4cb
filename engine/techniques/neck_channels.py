"""Fewer channels in the feature pyramid of a two-stage detector."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique


class NeckChannels(Technique):
    """Narrow the feature pyramid; its convolutions, the RPN's and the box head's input shrink with it."""

    key: ClassVar[str] = "neck_channels"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Pyramid channels", "zh": "特征金字塔通道数"}
    summary_zh: ClassVar[str] = "减少特征金字塔的通道数，RPN 与检测头的输入随之变小。"
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "neck.one_stage"
    published: ClassVar[tuple[dict[str, Any], ...]] = ()

    class Params(Technique.TrainingParams):
        """How wide the pyramid is."""

        channels: int = parameter(
            48,
            ("Channels", "通道数"),
            (
                "Channels of every level; 256 is usual, 48 is the published recipe's",
                "每层的通道数；常用 256，公开配方为 48",
            ),
            ge=8,
            le=512,
            multiple_of=8,
            simple=True,
        )

    def configure(self, config: dict[str, Any]) -> None:
        """Set the pyramid's channels; what follows takes them from it."""
        config["neck"]["out_channel"] = self.params.channels
