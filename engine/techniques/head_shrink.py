"""A narrower head: the fully connected layers of R-CNN's box head."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique


class HeadShrink(Technique):
    """Narrow the fully connected layers that look at every region."""

    key: ClassVar[str] = "head_shrink"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "head_shrink.one_stage"

    class Params(Technique.TrainingParams):
        """How wide the head is."""

        width: int = parameter("head_shrink.width", 128, ge=16, le=2048, multiple_of=8, simple=True)

    def configure(self, config: dict[str, Any]) -> None:
        """Set the width of the box head, in a cascade of each of its stages."""
        config["head"]["width"] = self.params.width
