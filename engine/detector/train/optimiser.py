"""The optimiser of a detector, and its state by structured names, so that it can be saved and restored exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import UserError
from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle.base.layer_helper import LayerHelper  # noqa: E402

Parameters = Mapping[str, paddle.Tensor]
"""By structured name."""

CLIP_NORM = 35.0
"""Largest norm of all gradients together; ppdet's setting for the later members of the YOLO family."""


def make_optimiser(trained: Parameters, settings: TrainSettings) -> paddle.optimizer.Optimizer:
    """Adam or momentum over the trainable parameters; decay that a layer sets for itself wins over the general one.

    Its accumulators exist from the start, not from the first step on, so that they can be restored.
    """
    parameters = [p for p in trained.values() if not p.stop_gradient]
    common: dict[str, Any] = {
        "learning_rate": settings.learning_rate,
        "parameters": parameters,
        "weight_decay": paddle.regularizer.L2Decay(settings.weight_decay) if settings.weight_decay else None,
        "grad_clip": paddle.nn.ClipGradByGlobalNorm(CLIP_NORM),
    }
    if settings.optimizer == "adam":
        optimiser = paddle.optimizer.Adam(**common)
    else:
        optimiser = paddle.optimizer.Momentum(momentum=0.9, **common)
    optimiser.helper = LayerHelper(type(optimiser).__name__)  # as its first step would
    optimiser._create_accumulators(paddle.base.default_main_program().global_block(), parameters)
    return optimiser


def optimiser_arrays(optimiser: paddle.optimizer.Optimizer, trained: Parameters) -> dict[str, NDArray[Any]]:
    """Every accumulator as `<kind>.<structured parameter name>`."""
    names = {parameter.name: name for name, parameter in trained.items()}
    return {
        f"{kind}.{names[parameter]}": np.ascontiguousarray(value.numpy())
        for kind, values in optimiser._accumulators.items()
        for parameter, value in values.items()
    }


def restore_optimiser(
    optimiser: paddle.optimizer.Optimizer, trained: Parameters, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Put saved accumulators back; raises UserError unless exactly those exist."""
    names = {parameter.name: name for name, parameter in trained.items()}
    seen = 0
    for kind, values in optimiser._accumulators.items():
        for parameter, value in values.items():
            key = f"{kind}.{names[parameter]}"
            if key not in arrays:
                raise UserError("checkpoint.optimiser", place=key)
            value.set_value(arrays[key])
            seen += 1
    if seen != len(arrays):
        raise UserError("checkpoint.optimiser", place=str(len(arrays) - seen))
