"""Levels above the backbone's in the feature pyramid of a two-stage detector, by down-sampling convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.text.messages import Message
from engine.technique.base import Base, Phase, Technique

_ARTICLE = "PaddleDetection article of 2020-07-06"
_SCOPE = {"family": "two-stage MobileNetV3 FPN", "input": None, "threads": None, "source": _ARTICLE}
_NOTE = {"en": "P5 and P6 over C2 to C4", "zh": "在 C2-C4 之上增加 P5、P6"}


class NeckExtraLevels(Technique):
    """Add the levels P5 and P6 by convolutions of stride 2, where C5 does not feed the pyramid."""

    key: ClassVar[str] = "neck_extra_levels"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Extra pyramid levels", "zh": "增加特征金字塔层级"}
    summary_zh: ClassVar[str] = "在 C5 不输入金字塔时，用步长为 2 的卷积增加 P5、P6 层。"
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "neck.one_stage"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {"name": "map", "effect": 1.3, "unit": "points", "note": _NOTE, **_SCOPE},
        {"name": "phone_ms", "effect": 9, "unit": "%", "note": _NOTE, **_SCOPE},
    )

    class Params(Technique.TrainingParams):
        """Which levels are added."""

        levels: Literal["p5_p6", "p5"] = parameter(
            "p5_p6",
            ("Levels", "层级"),
            (
                "Levels to add, each from the one below by a 3x3 convolution of stride 2; P5 from C4",
                "增加的层级，每层由下一层经步长为 2 的 3x3 卷积得到；P5 由 C4 得到",
            ),
            labels={"p5_p6": ("P5 and P6", "P5 和 P6"), "p5": ("P5", "P5")},
            simple=True,
        )

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
