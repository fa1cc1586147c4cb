"""A loss on the overlap of boxes (GIoU, CIoU and kin) beside YOLOv3's losses on their centre and size."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from engine.contract.parameters import parameter
from engine.contract.published import PublishedEffect
from engine.contract.text.messages import Message
from engine.technique.base import Phase, Technique


class IouLoss(Technique):
    """Train boxes by how far they overlap, which is what mAP judges, besides by their centre and size.

    It adds weight * (1 - IoU^2), ppdet's form (PP-YOLO, arXiv 2007.12099), or weight * (1 - overlap) of a kind that
    takes more off: GIoU the empty share of the enclosing box (arXiv 1902.09630), DIoU the distance of the centres, CIoU
    the difference of the shapes too (arXiv 1911.08287). Those fall below 0, where a square would push boxes apart.
    """

    key: ClassVar[str] = "iou_loss"
    phase: ClassVar[Phase] = Phase.SCHEDULE
    trains: ClassVar[bool] = True
    families: ClassVar[tuple[str, ...] | None] = ("yolov3",)
    refusal: ClassVar[str] = "iou_loss.other_family"
    published: ClassVar[tuple[PublishedEffect, ...]] = (
        PublishedEffect(
            name="map",
            effect=0.5,
            unit="points",
            family="PP-YOLO ResNet50-vd",
            source="PaddleDetection, configs/ppyolo, ablation (PP-YOLO, arXiv 2007.12099)",
            input="608",
            note=Message(code="published.iou_loss").texts(),
        ),
    )

    class Params(Technique.TrainingParams):
        """Which overlap, and how much it says beside the detector's own losses on boxes."""

        kind: Literal["iou", "giou", "diou", "ciou"] = parameter("iou_loss.kind", "giou", simple=True)
        weight: float = parameter("iou_loss.weight", 2.5, gt=0, le=100, simple=True)

    def configure(self, config: dict[str, Any]) -> None:
        """Give the head's loss a term of overlap."""
        kind, weight = self.params.kind, self.params.weight
        loss = {"type": "IouLoss", "loss_weight": weight, "loss_square": kind == "iou"}
        if kind != "iou":
            loss[kind] = True
        config["head"]["loss"] = {**config["head"]["loss"], "iou_loss": loss}
