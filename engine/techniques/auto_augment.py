"""AutoAugment: training pictures are changed by policies that were learnt on COCO."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect
from engine.contract.text.messages import Message
from engine.technique.base import Context, Phase, Technique, Transform


class AutoAugment(Technique):
    """Change training pictures by AutoAugment's learnt policies: shifts, shears, rotations, colours, cut-outs.

    Policies: arXiv 1906.11172, as in ppdet. It comes before the job's own augmentation, on the picture brought to 640
    pixels, for its distances are pixels of COCO's pictures.
    """

    key: ClassVar[str] = "auto_augment"
    phase: ClassVar[Phase] = Phase.DATA
    trains: ClassVar[bool] = True
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="map",
            effect=0.5,
            unit="points",
            family="two-stage",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.auto_augment").texts(),
        ),
    )

    class Params(Technique.TrainingParams):
        """Which policy, and how often its operations act."""

        policy: Literal["v0", "v1", "v2", "v3"] = parameter("auto_augment.policy", "v1", simple=True)
        chances: Literal["half", "policy"] = parameter("auto_augment.chances", "half")

    def augment(self, context: Context, steps: int) -> list[Transform]:
        """The policy as one change of a sample."""
        from engine.detector.train.augmentation import AutoAugmentation, policy_of

        return [AutoAugmentation(policy_of(self.params.policy), even=self.params.chances == "half")]
