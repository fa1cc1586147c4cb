"""Two-stage detectors: Faster and Cascade R-CNN on MobileNetV3, built of ppdet's parts as `mended` has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402
from ppdet.modeling.heads.bbox_head import TwoFCHead  # noqa: E402
from ppdet.modeling.heads.cascade_head import CascadeHead, CascadeTwoFCHead  # noqa: E402
from ppdet.modeling.heads.roi_extractor import RoIAlign  # noqa: E402
from ppdet.modeling.layers import MultiClassNMS  # noqa: E402
from ppdet.modeling.necks.fpn import FPN  # noqa: E402
from ppdet.modeling.proposal_generator.anchor_generator import AnchorGenerator  # noqa: E402
from ppdet.modeling.proposal_generator.target_layer import RPNTargetAssign  # noqa: E402
from ppdet.modeling.shape_spec import ShapeSpec  # noqa: E402

from engine.detector.families.box_losses import make_box_loss  # noqa: E402
from engine.detector.families.two_stage_parts import (  # noqa: E402
    Assigner,
    Backbone,
    BoxHead,
    Cascade,
    CascadeBoxHead,
    Decode,
    Faster,
    PostProcess,
    Proposals,
    Tensors,
)

LAST_ROI_LEVEL = 3
"""RoIs are taken from P2 to P5 at most; the levels above are for proposals alone, as published."""


def build_two_stage(config: Config) -> nn.Layer:
    """The detector of a configuration of family `rcnn`, freshly initialised."""
    backbone = Backbone(**_arguments(config["backbone"]))
    neck_arguments = _arguments(config["neck"])
    neck = FPN(**neck_arguments, **FPN.from_config(neck_arguments, backbone.out_shape))
    maps = neck.out_shape
    decode = Decode(prior_box_var=_decoding(config["head"]), num_classes=config["num_classes"])
    suppression = MultiClassNMS(**_arguments(config["post_process"]["nms"]))
    network = {"FasterRCNN": Faster, "CascadeRCNN": Cascade}[config["type"]]
    return network(
        backbone=backbone,
        neck=neck,
        rpn_head=_rpn(config["rpn"], maps),
        bbox_head=_box_head(config["head"], config["num_classes"], maps),
        bbox_post_process=PostProcess(config["num_classes"], decode, suppression),
    )


def run_two_stage(network: nn.Layer, image: paddle.Tensor) -> list[paddle.Tensor]:
    """Raw outputs for pictures [B, 3, S, S]: of the RPN by map, then of each box head on a fixed number of RoIs.

    How many RoIs a picture has depends on its content. Here it is as many as the exported detector has at most, spread
    over the maps, each the whole picture: the same layers run on the same shapes as then, whatever the weights.
    """
    maps = network.neck(network.backbone({"image": image}))
    rpn, head = network.rpn_head, network.bbox_head
    outputs = []
    for feature in rpn.rpn_feat(maps):
        outputs += [rpn.rpn_rois_score(feature), rpn.rpn_rois_delta(feature)]
    pooled = _pool_fixed(head.roi_extractor, maps, image, roi_count(network))
    if isinstance(head, CascadeHead):
        for stage in range(head.num_cascade_stages):
            feature = head.head(pooled, stage)
            outputs += [head.bbox_score_list[stage](feature), head.bbox_delta_list[stage](feature)]
        return outputs
    feature = head.head(pooled)
    return [*outputs, head.bbox_score(feature), head.bbox_delta(feature)]


def roi_count(network: nn.Layer) -> int:
    """RoIs of one picture that the box head sees at most."""
    return int(network.rpn_head.test_proposal.post_nms_top_n)


def _rpn(part: Config, maps: Sequence[ShapeSpec]) -> nn.Layer:
    """The RPN for the neck's maps: each has anchors of one size, which doubles from map to map."""
    strides = [int(one.stride) for one in maps]
    sizes = [[part["anchor_start"] * stride / strides[0]] for stride in strides]
    return Proposals(
        anchor_generator=AnchorGenerator(sizes, part["aspect_ratios"], strides),
        rpn_target_assign=RPNTargetAssign(**part["targets"]),
        train_proposal=dict(part["train"]),
        test_proposal=dict(part["test"]),
        in_channel=maps[0].channels,
    )


def _box_head(part: Config, classes: int, maps: Sequence[ShapeSpec]) -> nn.Layer:
    extractor = RoIAlign(
        **part["roi"],
        spatial_scale=[1 / one.stride for one in maps],
        end_level=min(len(maps) - 2, LAST_ROI_LEVEL),  # the topmost map is for proposals alone
    )
    shape = {"in_channel": maps[0].channels, "out_channel": part["width"], "resolution": part["roi"]["resolution"]}
    common = {
        "in_channel": part["width"],
        "roi_extractor": extractor,
        "bbox_assigner": Assigner(**part["targets"], num_classes=classes),
        "num_classes": classes,
        "bbox_weight": part["bbox_weight"],
        "bbox_loss": make_box_loss(part["loss"], classes),
    }
    if part["type"] == "CascadeHead":
        return CascadeBoxHead(head=CascadeTwoFCHead(**shape), **common)
    return BoxHead(head=TwoFCHead(**shape), **common)


def _decoding(head: Config) -> list[float]:
    """The weights of the offsets that become boxes: those of the only head, or of the last."""
    weights: Any = head["bbox_weight"]
    return list(weights[-1] if isinstance(weights[0], list) else weights)


def _pool_fixed(extractor: RoIAlign, maps: Tensors, image: paddle.Tensor, count: int) -> paddle.Tensor:
    """Features [count, C, R, R] of `count` RoIs of the first picture, as many from each map as from any other."""
    levels = range(extractor.start_level, extractor.end_level + 1)
    batch, size = image.shape[0], float(image.shape[-1])
    pooled = []
    for number, level in enumerate(levels):
        share = (count + number) // len(levels)
        rois = paddle.to_tensor([[0.0, 0.0, size, size]] * share, "float32")
        counts = paddle.to_tensor([share] + [0] * (batch - 1), "int32")
        pooled.append(
            paddle.vision.ops.roi_align(
                maps[level],
                rois,
                counts,
                extractor.resolution,
                extractor.spatial_scale[level],
                extractor.sampling_ratio,
                extractor.aligned,
            )
        )
    return paddle.concat(pooled)


def _arguments(part: Config) -> Config:
    return {key: value for key, value in part.items() if key != "type"}
