"""GridMask: squares of training pictures are blacked out."""

from __future__ import annotations

from typing import ClassVar

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect
from engine.contract.text.messages import Message
from engine.technique.base import Context, Phase, Technique, Transform


class GridMask(Technique):
    """Black out a grid of squares in training pictures; it made a small two-stage model worse.

    Source: arXiv 2001.04086, as in ppdet. Cells are 2 pixels up to the picture's height, their place is by chance.
    """

    key: ClassVar[str] = "grid_mask"
    phase: ClassVar[Phase] = Phase.DATA
    trains: ClassVar[bool] = True
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="map",
            effect="< 0",
            unit="points",
            family="two-stage",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.grid_mask").texts(),
        ),
    )

    class Params(Technique.TrainingParams):
        """How often pictures are masked, and how much of them stays."""

        chance: float = parameter("grid_mask.chance", 0.7, gt=0, le=1, simple=True)
        share: float = parameter("grid_mask.share", 0.5, ge=0.1, le=0.8)

    def augment(self, context: Context, steps: int) -> list[Transform]:
        """The mask as one change of a sample."""
        from engine.detector.train.augmentation import GridMasking

        return [GridMasking(self.params.chance, self.params.share, steps)]
