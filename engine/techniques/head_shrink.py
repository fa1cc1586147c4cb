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
    title: ClassVar[dict[str, str]] = {"en": "Narrower box head", "zh": "收窄检测头"}
    summary_zh: ClassVar[str] = "减小逐区域检测头的全连接层宽度。"
    families: ClassVar[tuple[str, ...] | None] = ("rcnn",)
    refusal: ClassVar[str] = "head_shrink.one_stage"
    published: ClassVar[tuple[dict[str, Any], ...]] = ()

    class Params(Technique.TrainingParams):
        """How wide the head is."""

        width: int = parameter(
            128,
            ("Width", "宽度"),
            (
                "Outputs of each fully connected layer; 1024 is usual, 128 is the published recipe's",
                "每个全连接层的输出数；常用 1024，公开配方为 128",
            ),
            ge=16,
            le=2048,
            multiple_of=8,
            simple=True,
        )

    def configure(self, config: dict[str, Any]) -> None:
        """Set the width of the box head, in a cascade of each of its stages."""
        config["head"]["width"] = self.params.width
