"""Fewer levels of the backbone into the feature pyramid of a two-stage detector."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique

_ARTICLE = "PaddleDetection article of 2020-07-06"
_SCOPE = {"family": "two-stage MobileNetV3 FPN", "input": None, "threads": None, "source": _ARTICLE}
_NOTE = {
    "en": "C2 to C4 instead of C2 to C5; the RPN finds fewer large objects",
    "zh": "FPN 输入由 C2-C5 改为 C2-C4；RPN 对大目标的召回下降",
}

LEVELS = {"c3": 2, "c4": 3}
"""How many maps, from C2 on, feed the pyramid."""


class NeckLevels(Technique):
    """Feed the pyramid from fewer levels of the backbone, whose last blocks then fall away."""

    key: ClassVar[str] = "neck_levels"
    phase: ClassVar[Phase] = Phase.ARCHITECTURE
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "Fewer pyramid levels", "zh": "减少特征金字塔层级"}
    summary_zh: ClassVar[str] = "特征金字塔只使用骨架网络的较少层级，最后的若干模块随之去掉。"
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "neck.one_stage"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {"name": "phone_ms", "effect": -21, "unit": "%", "note": _NOTE, **_SCOPE},
        {"name": "map", "effect": -0.9, "unit": "points", "note": _NOTE, **_SCOPE},
    )

    class Params(Technique.TrainingParams):
        """Where the pyramid ends."""

        top: Literal["c4", "c3"] = parameter(
            "c4",
            ("Last level", "最高层级"),
            (
                "Last level of the backbone that feeds the pyramid; one more is pooled from it, for proposals",
                "输入金字塔的骨架网络最高层级；由它再池化出一层用于候选框",
            ),
            labels={"c4": ("C4 (stride 16)", "C4（步长 16）"), "c3": ("C3 (stride 8)", "C3（步长 8）")},
            simple=True,
        )

    def configure(self, config: dict[str, Any]) -> None:
        """Leave the last maps of the backbone out."""
        backbone = config["backbone"]
        backbone["feature_maps"] = backbone["feature_maps"][: LEVELS[self.params.top]]
