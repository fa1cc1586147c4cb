"""What of ppdet's two-stage parts has to be otherwise under Paddle 2.6: classes derived from its own, each says why.

ppdet 2.6.0 was written for Paddle before 0-D tensors, and has no MobileNetV3 for two stages any more (its 0.4 had).
Only `two_stage` builds of these; nothing of ppdet's is changed for other detectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle.base.layer_helper import LayerHelper  # noqa: E402
from ppdet.modeling.architectures.cascade_rcnn import CascadeRCNN  # noqa: E402
from ppdet.modeling.architectures.faster_rcnn import FasterRCNN  # noqa: E402
from ppdet.modeling.architectures.meta_arch import BaseArch  # noqa: E402
from ppdet.modeling.backbones.mobilenet_v3 import MobileNetV3  # noqa: E402
from ppdet.modeling.bbox_utils import clip_bbox, nonempty_bbox  # noqa: E402
from ppdet.modeling.heads.bbox_head import BBoxHead  # noqa: E402
from ppdet.modeling.heads.cascade_head import CascadeHead  # noqa: E402
from ppdet.modeling.layers import RCNNBox  # noqa: E402
from ppdet.modeling.post_process import BBoxPostProcess  # noqa: E402
from ppdet.modeling.proposal_generator.rpn_head import RPNHead  # noqa: E402
from ppdet.modeling.proposal_generator.target import label_box, sample_bbox  # noqa: E402
from ppdet.modeling.proposal_generator.target_layer import BBoxAssigner  # noqa: E402
from ppdet.modeling.shape_spec import ShapeSpec  # noqa: E402

Tensors = Sequence[paddle.Tensor]
STRIDES = {4: 4, 7: 8, 13: 16, 16: 32}
"""Pixels between the cells of MobileNetV3-large's last map of each stage, by ppdet's number for the block."""


class Backbone(MobileNetV3):  # type: ignore[misc]  # ppdet is untyped
    """MobileNetV3 that tells the strides of its maps, which FPN asks for, and ends with the last map that is used."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        # ppdet's would go on to run the blocks after the last map, for nothing.
        used = max(self.feature_maps) - 1
        for number in range(used, len(self.block_list)):
            del self._sub_layers[f"conv{number + 2}"]
        del self.block_list[used:]

    @property
    def out_shape(self) -> list[ShapeSpec]:
        """Channels and stride of each map."""
        strides = [STRIDES[number] for number in self.feature_maps]
        return [ShapeSpec(channels=c, stride=s) for c, s in zip(self._out_channels, strides, strict=True)]


class Proposals(RPNHead):  # type: ignore[misc]
    """RPN whose proposals are a straight line of operations.

    ppdet's loops over the batch with `while` and tensor arrays in a saved program, on which Paddle Lite's optimiser
    crashes, and concatenates 0-D counts, which Paddle 2.6 refuses.
    """

    @paddle.jit.not_to_static
    def _gen_proposal(
        self, scores: Tensors, bbox_deltas: Tensors, anchors: Tensors, inputs: Mapping[str, paddle.Tensor]
    ) -> tuple[list[paddle.Tensor], paddle.Tensor]:
        kept, counts = [], []
        for place in range(scores[0].shape[0]):
            rois, count = self._best(
                [score[place : place + 1] for score in scores],
                [delta[place : place + 1] for delta in bbox_deltas],
                anchors,
                inputs["im_shape"][place : place + 1],
            )
            kept.append(rois)
            counts.append(count)
        return kept, counts[0] if len(counts) == 1 else paddle.concat(counts)

    def _best(
        self, scores: Tensors, deltas: Tensors, anchors: Tensors, im_shape: paddle.Tensor
    ) -> tuple[paddle.Tensor, paddle.Tensor]:
        """The proposals [n, 4] of one picture and their number [1]: the best of all maps."""
        generate = self.train_proposal if self.training else self.test_proposal
        found = [generate(s, d, a, im_shape) for s, d, a in zip(scores, deltas, anchors, strict=True)]
        most = generate.post_nms_top_n
        if not paddle.in_dynamic_mode():
            return _collect([one[:3] for one in found], most)
        rois, chances = (paddle.concat([one[part] for one in found]) for part in (0, 1))
        _, order = paddle.topk(chances.flatten(), min(most, len(rois)))
        return paddle.gather(rois, order), paddle.full([1], len(order), "int32")


def _collect(found: Sequence[Tensors], most: int) -> tuple[paddle.Tensor, paddle.Tensor]:
    """In a program: the best `most` proposals of (proposals, scores, number) by map, and their number [1]."""
    helper = LayerHelper("collect_fpn_proposals")
    rois, number = (helper.create_variable_for_type_inference(kind) for kind in ("float32", "int32"))
    rois.stop_gradient = number.stop_gradient = True
    slots = ("MultiLevelRois", "MultiLevelScores", "MultiLevelRoIsNum")
    helper.append_op(
        type="collect_fpn_proposals",
        inputs={slot: list(tensors) for slot, tensors in zip(slots, zip(*found, strict=True), strict=True)},
        outputs={"FpnRois": rois, "RoisNum": number},
        attrs={"post_nms_topN": most},
    )
    return rois, number


class Assigner(BBoxAssigner):  # type: ignore[misc]
    """Labels and samples RoIs; ppdet's joins 0-D counts, which Paddle 2.6 refuses."""

    def __call__(
        self,
        rpn_rois: Tensors,
        rpn_rois_num: paddle.Tensor,
        inputs: Mapping[str, Any],
        stage: int = 0,
        is_cascade: bool = False,
        add_gt_as_proposals: bool = True,
    ) -> tuple[list[paddle.Tensor], paddle.Tensor, tuple[list[paddle.Tensor], ...]]:
        """RoIs by picture, their numbers [B], and the labels, boxes and box numbers that they are to find."""
        low, high = (self.cascade_iou[stage],) * 2 if is_cascade else (self.bg_thresh, self.fg_thresh)
        rois, labels, boxes, numbers = [], [], [], []
        for found, truth, kinds in zip(rpn_rois, inputs["gt_bbox"], inputs["gt_class"], strict=True):
            if add_gt_as_proposals and len(truth):
                found = paddle.concat([found, truth])
            match, verdict = label_box(found, truth, high, low, False, self.ignore_thresh)
            chosen, label = sample_bbox(
                match,
                verdict,
                kinds.flatten(),
                self.batch_size_per_im,
                self.fg_fraction,
                self.num_classes,
                self.use_random,
                is_cascade,
            )
            if not is_cascade:
                found, match = paddle.gather(found, chosen), paddle.gather(match, chosen)
            rois.append(found.detach())
            labels.append(label)
            boxes.append(paddle.gather(truth, match) if len(truth) else paddle.zeros_like(found))
            numbers.append(match)
        counts = paddle.to_tensor([len(one) for one in rois], "int32")
        return rois, counts, (labels, boxes, numbers)


class OffsetLoss:
    """Lets a box head be trained with a loss on box offsets.

    ppdet takes every `bbox_loss` for one on corners: it decodes the offsets before it, and multiplies by the classes
    after it.
    """

    def bbox_transform(self, deltas: paddle.Tensor, weights: Sequence[float] = ()) -> paddle.Tensor:
        """The offsets as they are."""
        return deltas


class BoxHead(OffsetLoss, BBoxHead):  # type: ignore[misc]
    """Faster R-CNN's box head."""


class CascadeBoxHead(OffsetLoss, CascadeHead):  # type: ignore[misc]
    """Cascade R-CNN's box heads; ppdet's joins 0-D counts, which Paddle 2.6 refuses."""

    def _get_rois_from_boxes(
        self, boxes: Tensors, im_shape: paddle.Tensor
    ) -> tuple[list[paddle.Tensor], paddle.Tensor]:
        rois = []
        for place, found in enumerate(boxes):
            clipped = clip_bbox(found, im_shape[place])
            if self.training:
                keep = nonempty_bbox(clipped)
                clipped = paddle.gather(clipped, keep if len(keep) else paddle.zeros([1], "int32"))
            rois.append(clipped)
        counts = [paddle.shape(one)[0:1] for one in rois]
        return rois, counts[0] if len(counts) == 1 else paddle.concat(counts)


class Decode(RCNNBox):  # type: ignore[misc]
    """Boxes of RoIs, in the picture's pixels at once.

    ppdet brings them there after overlaps are suppressed, with `while` and `if` in a saved program (see Proposals) and
    operations that fail when nothing was found. Stretching a picture changes no overlap, and RoIs there always are.
    """

    def __call__(
        self, bbox_head_out: Tensors, rois: Any, im_shape: paddle.Tensor, scale_factor: paddle.Tensor
    ) -> tuple[tuple[paddle.Tensor, paddle.Tensor], paddle.Tensor]:
        """Boxes [n, classes, 4] of all RoIs and the RoIs of each picture [B], and scores [n, classes]."""
        (boxes, counts), scores = super().__call__(bbox_head_out, rois, im_shape, scale_factor)
        height, width = scale_factor[:, 0:1], scale_factor[:, 1:2]
        scale = paddle.concat([width, height, width, height], axis=1)
        if scale.shape[0] > 1:
            scale = paddle.repeat_interleave(scale, counts, axis=0)
        return (boxes / scale.unsqueeze(1), counts), scores


class PostProcess(BBoxPostProcess):  # type: ignore[misc]
    """Suppression of overlaps; the boxes are in the picture's pixels already."""

    def get_pred(
        self, bboxes: paddle.Tensor, bbox_num: paddle.Tensor, im_shape: paddle.Tensor, scale_factor: paddle.Tensor
    ) -> tuple[paddle.Tensor, paddle.Tensor, paddle.Tensor]:
        """The rows of class, score, x1, y1, x2, y2 and their number as they are."""
        return bboxes, bboxes, bbox_num


class Training:
    """What both detectors do otherwise than ppdet's while they are trained."""

    training: bool

    def forward(self, inputs: dict[str, Any]) -> Any:
        """As ppdet's; in training boxes are given in pixels of the input, with empty ones to fill a batch up."""
        if self.training:
            inputs = _without_empty_boxes(inputs)
        return BaseArch.forward(self, inputs)

    def get_loss(self) -> dict[str, paddle.Tensor]:
        """The losses by name and their sum; ppdet adds tensors of shapes [] and [1], which Paddle 2.6 refuses."""
        losses: dict[str, paddle.Tensor] = {}
        for part in self._forward():  # type: ignore[attr-defined]  # ppdet's
            losses |= {name: value.sum() for name, value in part.items()}
        return losses | {"loss": paddle.add_n(list(losses.values()))}


class Faster(Training, FasterRCNN):  # type: ignore[misc]
    """Faster R-CNN."""


class Cascade(Training, CascadeRCNN):  # type: ignore[misc]
    """Cascade R-CNN without masks."""

    def _forward(self) -> Any:
        # The third part is for masks.
        return super()._forward()[:2]

    def get_pred(self) -> dict[str, paddle.Tensor]:
        """Boxes and how many of each picture."""
        boxes, count = self._forward()
        return {"bbox": boxes, "bbox_num": count}


def _without_empty_boxes(inputs: dict[str, Any]) -> dict[str, Any]:
    boxes, kinds = [], []
    for box, kind in zip(inputs["gt_bbox"], inputs["gt_class"], strict=True):
        real = nonempty_bbox(box)
        boxes.append(paddle.gather(box, real))
        kinds.append(paddle.gather(kind.reshape([-1, 1]), real))
    return {**inputs, "gt_bbox": boxes, "gt_class": kinds}
