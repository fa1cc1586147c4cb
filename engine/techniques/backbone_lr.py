"""Smaller learning rates and weight decay for the backbone, whose features were learnt with great care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from engine.contract.parameters import parameter
from engine.contract.text.messages import Message, UserError
from engine.technique.base import Base, Phase, Technique

Factor = Annotated[float, Field(ge=0, le=1)]
STAGED = ("MobileNetV3",)
"""Backbones of ppdet that take a learning rate for each stage and a decay of their own."""

_ARTICLE = "PaddleDetection article of 2020-07-06"


class BackboneLr(Technique):
    """Let the backbone learn more slowly than the head and decay less, so that distilled (SSLD) features last.

    ppdet gives the first convolution the first factor and each three blocks the next one: in MobileNetV3-small the
    fifth is reached by nothing, in large by the last three blocks and the extra ones.
    """

    key: ClassVar[str] = "backbone_lr"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Slower backbone", "zh": "骨架网络低学习率"}
    summary_zh: ClassVar[str] = "让骨架网络比检测头学得慢、衰减更小，以保留蒸馏得到的 (SSLD) 特征。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "name": "map",
            "effect": "+0.7 … +1.5",
            "unit": "points",
            "family": "MobileNetV3",
            "input": None,
            "threads": None,
            "note": {
                "en": "what SSLD weights bring on COCO, with which this belongs; the rates alone were not published",
                "zh": "COCO 上使用 SSLD 权重的提升，本方法与其配套使用；单独调整学习率的效果未公开",
            },
            "source": _ARTICLE,
        },
        {
            "name": "map",
            "effect": 0.5,
            "unit": "points",
            "family": "SSDLite MobileNetV3-large",
            "input": "320",
            "threads": None,
            "note": {
                "en": "22.8 to 23.3 on COCO, with the cosine schedule in the same change",
                "zh": "COCO 上 22.8 → 23.3，同一改动中还改用了余弦调度",
            },
            "source": "PaddleDetection release/0.4 mobile zoo",
        },
    )

    class Params(Technique.TrainingParams):
        """Factors from the first stage to the last, and the decay of the backbone's convolutions."""

        factors: list[Factor] = parameter(
            [0.25, 0.25, 0.5, 0.5, 0.75],
            ("Factors by stage", "各阶段系数"),
            (
                "Learning rate of each stage of the backbone, first to last, as a share of the head's",
                "骨架网络从前到后各阶段的学习率，为检测头学习率的倍数",
            ),
            min_length=5,
            max_length=5,
            simple=True,
        )
        decay: float = parameter(
            4e-5,
            ("Backbone decay", "骨架网络衰减"),
            (
                "L2 decay of the backbone's convolutions; batch norm has none. As published 0.00004 for SSDLite, "
                "0.00001 for two-stage",
                "骨架网络卷积的 L2 衰减；批归一化没有衰减。公开值：SSDLite 0.00004，两阶段 0.00001",
            ),
            ge=0,
            le=0.1,
            simple=True,
        )

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
