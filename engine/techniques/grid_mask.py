"""GridMask: squares of training pictures are blacked out."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.contract.parameters import parameter
from engine.technique.base import Context, Phase, Technique, Transform


class GridMask(Technique):
    """Black out a grid of squares in training pictures; it made a small two-stage model worse.

    Source: arXiv 2001.04086, as in ppdet. Cells are 2 pixels up to the picture's height, their place is by chance.
    """

    key: ClassVar[str] = "grid_mask"
    phase: ClassVar[Phase] = Phase.DATA
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "GridMask", "zh": "网格遮挡 (GridMask)"}
    summary_zh: ClassVar[str] = "在训练图片上遮黑网格状的方块；公开结果中它使小的两阶段模型变差。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "name": "map",
            "effect": "< 0",
            "unit": "points",
            "family": "two-stage",
            "input": None,
            "threads": None,
            "note": {
                "en": "made a small two-stage model worse: too much augmentation harms small models; no figure given",
                "zh": "使小的两阶段模型变差：过多的数据增强会损害小模型；未给出数值",
            },
            "source": "PaddleDetection article of 2020-07-06",
        },
    )

    class Params(Technique.TrainingParams):
        """How often pictures are masked, and how much of them stays."""

        chance: float = parameter(
            0.7,
            ("Chance", "概率"),
            (
                "Share of pictures that are masked at the end of the training; it rises from none at the start",
                "训练结束时被遮挡图片的比例；从训练开始时的零逐渐上升",
            ),
            gt=0,
            le=1,
            simple=True,
        )
        share: float = parameter(
            0.5,
            ("Share that stays", "保留比例"),
            (
                "Part of a cell's side that stays; with 0.5 a quarter of a masked picture is black",
                "网格单元边长中保留的部分；0.5 时被遮挡图片的四分之一为黑色",
            ),
            ge=0.1,
            le=0.8,
        )

    def augment(self, context: Context, steps: int) -> list[Transform]:
        """The mask as one change of a sample."""
        from engine.detector.train.augmentation import GridMasking

        return [GridMasking(self.params.chance, self.params.share, steps)]
