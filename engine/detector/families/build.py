"""Builds a real ppdet network from a configuration, without ppdet's process-wide configuration object."""

from __future__ import annotations

import copy
from typing import Any

from engine.detector.base.runtime import prepare
from engine.detector.base.spec import Config

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402
from ppdet.core.workspace import global_config  # noqa: E402

from engine.detector.families.picodet import PicoHead  # noqa: E402

_HEAD_ARGUMENTS = {"ssd": "ssd_head", "yolov3": "yolo_head", "picodet": "head"}
_OWN: dict[str, Any] = {"PicoHeadV2": PicoHead}
"""Classes that take the place of ppdet's."""


def build(config: Config) -> nn.Layer:
    """The detector of `config`, freshly initialised, in training mode.

    Parameters are named from a fresh counter, and every argument is a copy, so that a second build in the same
    process (a teacher, a reload) is equal to the first.
    """
    config = copy.deepcopy(config)
    shared = {"num_classes": config["num_classes"]}
    with paddle.utils.unique_name.guard():
        if config["family"] == "rcnn":
            return _two_stage(config)
        backbone = _make(config["backbone"], shared)
        parts: dict[str, Any] = {"backbone": backbone}
        shape = backbone.out_shape
        if "neck" in config:
            parts["neck"] = _make(config["neck"], shared, shape)
            shape = parts["neck"].out_shape
        parts[_HEAD_ARGUMENTS[config["family"]]] = _make(config["head"], shared, shape)
        if "post_process" in config:
            parts["post_process"] = _make(config["post_process"], shared)
        network = _class(config["type"])(**parts)
    network.train()
    return network


def _two_stage(config: Config) -> nn.Layer:
    # What is mended of ppdet for these detectors is loaded for them alone.
    from engine.detector.families.two_stage import build_two_stage

    network = build_two_stage(config)
    network.train()
    return network


def _make(part: Config, shared: Config, input_shape: Any = None) -> Any:
    """The object of a part and of the parts in it; `shared` goes to the classes that say that they take it."""
    made = _class(part["type"])
    arguments = {name: value for name, value in shared.items() if name in getattr(made, "__shared__", ())}
    arguments |= {name: _value(value, shared) for name, value in part.items() if name != "type"}
    if input_shape is not None:
        arguments |= getattr(made, "from_config", lambda *_: {})(arguments, input_shape)
    return made(**arguments)


def _value(value: Any, shared: Config) -> Any:
    return _make(value, shared) if isinstance(value, dict) and "type" in value else value


def _class(name: str) -> Any:
    if name in _OWN:
        return _OWN[name]
    # ppdet's registry holds a schema per class; only its class is wanted, never its shared arguments.
    schema = global_config[name]
    return getattr(schema.pymodule, schema.name)
