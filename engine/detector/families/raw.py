"""Runs a detector up to its raw head outputs, without decoding or suppression of overlaps."""

from __future__ import annotations

from typing import Any

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402

from engine.detector.families.picodet import PicoHead, raw_outputs  # noqa: E402


def run_to_head(network: nn.Layer, image: paddle.Tensor) -> Any:
    """What the head gives for `image` [B, 3, S, S]; the network must be in evaluation mode.

    YOLOv3: a list of maps [B, anchors * (5 + classes), H, W]. SSD: ((boxes, scores), priors), lists by map.
    PicoDet: a list of maps, three for each map of the neck (see `picodet.raw_outputs`).
    R-CNN: see two_stage.run_two_stage.
    """
    if hasattr(network, "rpn_head"):
        from engine.detector.families.two_stage import run_two_stage

        return run_two_stage(network, image)
    features = network.backbone({"image": image})
    if hasattr(network, "yolo_head"):
        return network.yolo_head(network.neck(features))
    if is_picodet(network):
        return raw_outputs(network.head, network.neck(features))
    return network.ssd_head(features, image)


def head_convolutions(network: nn.Layer) -> list[list[nn.Layer]]:
    """The last layers of the head by map: [output] for YOLOv3, [boxes, scores] for SSD.

    PicoDet: [classes, distances, alignment]; the first two read the same features.
    """
    if hasattr(network, "yolo_head"):
        return [[layer] for layer in network.yolo_head.yolo_outputs]
    if is_picodet(network):
        head = network.head
        return [list(layers) for layers in zip(head.head_cls_list, head.head_reg_list, head.cls_align, strict=True)]
    head = network.ssd_head
    return [list(pair) for pair in zip(head.box_convs, head.score_convs, strict=True)]


def is_picodet(network: nn.Layer) -> bool:
    """Whether a network is of the family `picodet`."""
    return isinstance(getattr(network, "head", None), PicoHead)


def tell_progress(network: nn.Layer, done: float) -> None:
    """Tell a network whose loss changes on the way how much of its training is done, from 0 to 1."""
    if is_picodet(network):
        network.head.progress = done
