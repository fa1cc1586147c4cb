"""Builds a real ppdet network from a configuration, without ppdet's process-wide configuration object."""

from __future__ import annotations

import copy
from typing import Any

from engine.detector.runtime import prepare
from engine.detector.spec import Config

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402
from ppdet.core.workspace import global_config  # noqa: E402


def build(config: Config) -> nn.Layer:
    """The detector of `config`, freshly initialised, in training mode.

    Parameters are named from a fresh counter, and every argument is a copy, so that a second build in the same
    process (a teacher, a reload) is equal to the first.
    """
    config = copy.deepcopy(config)
    with paddle.utils.unique_name.guard():
        if config["family"] == "rcnn":
            return _two_stage(config)
        backbone = _make(config["backbone"])
        parts: dict[str, Any] = {"backbone": backbone}
        shape = backbone.out_shape
        if "neck" in config:
            parts["neck"] = _make(config["neck"], shape)
            shape = parts["neck"].out_shape
        head = config["head"] | {"num_classes": config["num_classes"]}
        head["loss"] = _make(head["loss"] | _loss_classes(head["loss"], config["num_classes"]))
        parts[_head_argument(config["family"])] = _make(head, shape)
        network = _class(config["type"])(**parts, post_process=_post_process(config))
    network.train()
    return network


def post_processing(network: nn.Layer) -> Any:
    """The part of a built detector that decodes its outputs and suppresses overlaps."""
    return network.bbox_post_process if hasattr(network, "rpn_head") else network.post_process


def _two_stage(config: Config) -> nn.Layer:
    # What is mended of ppdet for these detectors is loaded for them alone.
    from engine.detector.two_stage import build_two_stage

    network = build_two_stage(config)
    network.train()
    return network


def _head_argument(family: str) -> str:
    return {"ssd": "ssd_head", "yolov3": "yolo_head"}[family]


def _loss_classes(loss: Config, classes: int) -> Config:
    return {"num_classes": classes} if loss["type"] == "YOLOv3Loss" else {}


def _post_process(config: Config) -> Any:
    part = config["post_process"]
    decode = part["decode"]
    if decode["type"] == "YOLOBox":
        decode = decode | {"num_classes": config["num_classes"]}
    return _class(part["type"])(
        num_classes=config["num_classes"], decode=_make(decode), nms=_make(part["nms"])
    )


def _make(part: Config, input_shape: Any = None) -> Any:
    arguments = {key: value for key, value in part.items() if key != "type"}
    made = _class(part["type"])
    if input_shape is not None:
        arguments |= made.from_config(arguments, input_shape)
    return made(**arguments)


def _class(name: str) -> Any:
    # ppdet's registry holds a schema per class; only its class is wanted, never its shared arguments.
    schema = global_config[name]
    return getattr(schema.pymodule, schema.name)
