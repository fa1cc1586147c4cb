"""Smaller learning rates and weight decay for the backbone, whose features were learnt with great care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect, changed
from engine.contract.text.messages import Message, UserError
from engine.technique.base import Base, Phase, Technique

Factor = Annotated[float, Field(ge=0, le=1)]
STAGED = ("MobileNetV3",)
"""Backbones of ppdet that take a learning rate for each stage and a decay of their own."""


class BackboneLr(Technique):
    """Let the backbone learn more slowly than the head and decay less, so that distilled (SSLD) features last.

    ppdet gives the first convolution the first factor and each three blocks the next one: in MobileNetV3-small the
    fifth is reached by nothing, in large by the last three blocks and the extra ones.
    """

    key: ClassVar[str] = "backbone_lr"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    trains: ClassVar[bool] = True
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="map",
            effect="+0.7 … +1.5",
            unit="points",
            family="MobileNetV3",
            source="PaddleDetection article of 2020-07-06",
            note=Message(code="published.ssld").texts(),
        ),
        changed(
            "map",
            22.8,
            23.3,
            "published.rates_with_cosine",
            family="SSDLite MobileNetV3-large",
            source="PaddleDetection release/0.4 mobile zoo",
            input="320",
        ),
    )

    class Params(Technique.TrainingParams):
        """Factors from the first stage to the last, and the decay of the backbone's convolutions."""

        factors: list[Factor] = parameter(
            "backbone_lr.factors", [0.25, 0.25, 0.5, 0.5, 0.75], min_length=5, max_length=5, simple=True
        )
        decay: float = parameter("backbone_lr.decay", 4e-5, ge=0, le=0.1, simple=True)

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Refuses a backbone that learns at one rate only."""
        config = base.config()
        try:
            for other in others:
                if other.phase is Phase.ARCHITECTURE:
                    other.configure(config)
        except UserError:
            return []  # the other step tells of it
        return [] if config["backbone"]["type"] in STAGED else [_refuse(config)]

    def configure(self, config: dict[str, Any]) -> None:
        """Hand the backbone its factors and its decay; raises UserError if it takes none."""
        if config["backbone"]["type"] not in STAGED:
            message = _refuse(config)
            raise UserError(message.code, **message.args)
        config["backbone"]["lr_mult_list"] = list(self.params.factors)
        config["backbone"]["conv_decay"] = self.params.decay


def _refuse(config: dict[str, Any]) -> Message:
    args: dict[str, Any] = {"backbone": config["backbone"]["type"], "known": ", ".join(STAGED)}
    return Message(code="backbone_lr.one_rate", args=args)
