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
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "neck.one_stage"

    class Params(Technique.TrainingParams):
        """How wide the pyramid is."""

        channels: int = parameter("neck_channels.channels", 48, ge=8, le=512, multiple_of=8, simple=True)

    def configure(self, config: dict[str, Any]) -> None:
        """Set the pyramid's channels; what follows takes them from it."""
        config["neck"]["out_channel"] = self.params.channels
