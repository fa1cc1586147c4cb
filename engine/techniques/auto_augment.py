"""AutoAugment: training pictures are changed by policies that were learnt on COCO."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.technique.base import Context, Phase, Technique, Transform


class AutoAugment(Technique):
    """Change training pictures by AutoAugment's learnt policies: shifts, shears, rotations, colours, cut-outs.

    Policies: arXiv 1906.11172, as in ppdet. It comes before the job's own augmentation, on the picture brought to 640
    pixels, for its distances are pixels of COCO's pictures.
    """

    key: ClassVar[str] = "auto_augment"
    phase: ClassVar[Phase] = Phase.DATA
    trains: ClassVar[bool] = True
    title: ClassVar[dict[str, str]] = {"en": "AutoAugment", "zh": "自动数据增强 (AutoAugment)"}
    summary_zh: ClassVar[str] = "用 AutoAugment 学得的策略改变训练图片：平移、剪切、旋转、颜色和遮挡。"
    published: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "name": "map",
            "effect": 0.5,
            "unit": "points",
            "family": "two-stage",
            "input": None,
            "threads": None,
            "note": {
                "en": "on COCO; policy v1 in its Cascade R-CNN MobileNetV3; too much augmentation harms small models",
                "zh": "COCO；其 Cascade R-CNN MobileNetV3 使用 v1 策略；过多的数据增强会损害小模型",
            },
            "source": "PaddleDetection article of 2020-07-06",
        },
    )

    class Params(Technique.TrainingParams):
        """Which policy, and how often its operations act."""

        policy: Literal["v0", "v1", "v2", "v3"] = parameter(
            "v1",
            ("Policy", "策略"),
            (
                "Learnt policy: v0 is the paper's, v1 has more rows, v2 three operations a row, v3 more colour",
                "学得的策略：v0 为论文所用，v1 子策略更多，v2 每个子策略三个操作，v3 颜色操作更多",
            ),
            labels={"v0": ("v0", "v0"), "v1": ("v1", "v1"), "v2": ("v2", "v2"), "v3": ("v3", "v3")},
            simple=True,
        )
        chances: Literal["half", "policy"] = parameter(
            "half",
            ("Chances", "概率"),
            (
                "How often an operation acts: one half each, as PaddleDetection does it, or as the policy says",
                "操作的执行概率：各为二分之一（PaddleDetection 的做法），或按策略规定",
            ),
            labels={"half": ("One half each", "各二分之一"), "policy": ("As the policy says", "按策略规定")},
        )

    def augment(self, context: Context, steps: int) -> list[Transform]:
        """The policy as one change of a sample."""
        from engine.detector.train.augmentation import AutoAugmentation, policy_of

        return [AutoAugmentation(policy_of(self.params.policy), even=self.params.chances == "half")]
