"""Runs a detector up to its raw head outputs, without decoding or suppression of overlaps."""

from __future__ import annotations

from typing import Any

from engine.detector.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402


def run_to_head(network: nn.Layer, image: paddle.Tensor) -> Any:
    """What the head gives for `image` [B, 3, S, S]; the network must be in evaluation mode.

    YOLOv3: a list of maps [B, anchors * (5 + classes), H, W]. SSD: ((boxes, scores), priors), lists by map.
    R-CNN: see two_stage.run_two_stage.
    """
    if hasattr(network, "rpn_head"):
        from engine.detector.two_stage import run_two_stage

        return run_two_stage(network, image)
    features = network.backbone({"image": image})
    if hasattr(network, "yolo_head"):
        return network.yolo_head(network.neck(features))
    return network.ssd_head(features, image)


def head_convolutions(network: nn.Layer) -> list[list[nn.Layer]]:
    """The last layers of the head by map: [output] for YOLOv3, [boxes, scores] for SSD."""
    if hasattr(network, "yolo_head"):
        return [[layer] for layer in network.yolo_head.yolo_outputs]
    head = network.ssd_head
    return [list(pair) for pair in zip(head.box_convs, head.score_convs, strict=True)]
