"""Checkpoints: one safetensors file that says by itself which detector it holds.

Tensors: `model.<structured name>`, and in a checkpoint to resume from also `optimizer.<kind>.<structured name>` and
`average.<structured name>`, and `lesson.<number>.<structured name>` of what a teacher's lesson trains beside the
network, and `scaler.<name>` where precision is mixed. The header's `espalier` entry is a CheckpointInfo as JSON.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from engine.contract.device.wheel import package_versions
from engine.contract.system.files import scratch_beside
from engine.contract.text.messages import UserError
from engine.detector.base.header import HEADER, CheckpointInfo
from engine.detector.base.runtime import prepare
from engine.weights.arrays import Weights

prepare()

import paddle  # noqa: E402

Array = NDArray[Any]


def versions() -> dict[str, str]:
    """The versions of what a checkpoint depends on."""
    return package_versions(("paddlepaddle", "paddledet", "paddleslim"))


def save(path: Path, info: CheckpointInfo, tensors: Mapping[str, Array]) -> None:
    """Write a checkpoint whole or not at all: temporary name, sync, rename; the folder above its own is there."""
    path.parent.mkdir(exist_ok=True)
    info = info.model_copy(update={"versions": versions()})
    # In a folder, for the library has a temporary name of its own beside the one that it is given.
    with scratch_beside(path.parent, "saving") as scratch:
        temporary = scratch / path.name
        try:
            save_file(dict(tensors), temporary, {HEADER: info.model_dump_json()})
        except SafetensorError as error:
            # The library wraps what the disk said: a full one is told as every full disk is.
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)


def read_tensors(path: Path, prefix: str) -> dict[str, Array]:
    """The tensors below `prefix.`, without it; raises UserError where they are not what the file says."""
    try:
        with safe_open(path, "numpy") as stream:
            names = [name for name in stream.keys() if name.startswith(f"{prefix}.")]  # noqa: SIM118
            return {name[len(prefix) + 1 :]: stream.get_tensor(name) for name in names}
    except (SafetensorError, ValueError, TypeError) as error:
        raise UserError("checkpoint.malformed", path=str(path), reason=str(error)[:200]) from error


def network_arrays(network: paddle.nn.Layer) -> dict[str, Array]:
    """All parameters and buffers of a network by structured name."""
    return {name: np.ascontiguousarray(value.numpy()) for name, value in network.state_dict().items()}


def load_weights(network: paddle.nn.Layer, path: Path) -> None:
    """Put a checkpoint's weights into a network; raises UserError unless every key and every shape fits."""
    put_weights(network, read_tensors(path, "model"), str(path))


def put_weights(network: paddle.nn.Layer, arrays: Mapping[str, Array], origin: str) -> None:
    """Set every parameter and buffer; `set_state_dict` would only warn of one that does not fit."""
    state = network.state_dict()
    missing, extra = sorted(set(state) - set(arrays)), sorted(set(arrays) - set(state))
    shapes = [k for k in state if k in arrays and tuple(state[k].shape) != arrays[k].shape]
    if missing or extra or shapes:
        place = (missing + extra + shapes)[0]
        raise UserError(
            "checkpoint.misfit", path=origin, missing=len(missing), extra=len(extra), shapes=len(shapes), place=place
        )
    for name, tensor in state.items():
        tensor.set_value(arrays[name])


class Matching(BaseModel):
    """What became of a weights file: how many tensors fitted, and which did not and why."""

    loaded: int
    total: int
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    misshapen: tuple[str, ...]


def fit_weights(network: paddle.nn.Layer, weights: Weights, origin: str) -> Matching:
    """Load what fits by name and shape from a foreign weights file.

    A file of the backbone alone is normal: its names are tried as they are and below `backbone.`. Raises UserError
    when next to nothing fits, which is a file of another detector.
    """
    state = network.state_dict()
    prefix = _best_prefix(state, weights)
    named = {f"{prefix}{name}": value for name, value in weights.items()}
    fitting = _fitting(state, named)
    matched = sum(state[k].size for k in fitting)
    offered = sum(int(v.size) for v in weights.values())
    if not fitting or matched < 0.5 * min(offered, sum(v.size for v in state.values())):
        raise UserError("weights.other_detector", path=origin, fitting=len(fitting), total=len(weights))
    return take_over(network, named)


def take_over(network: paddle.nn.Layer, arrays: Mapping[str, Array]) -> Matching:
    """Load what fits by name and shape, be it nothing; the rest of the network stays as it is."""
    state = network.state_dict()
    fitting = _fitting(state, arrays)
    for name, value in fitting.items():
        state[name].set_value(value.astype(np.float32))
    return Matching(
        loaded=len(fitting),
        total=len(state),
        missing=tuple(k for k in state if k not in arrays),
        unused=tuple(k for k in arrays if k not in state),
        misshapen=tuple(k for k in arrays if k in state and k not in fitting),
    )


def _fitting(state: Mapping[str, Any], arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {k: v for k, v in arrays.items() if k in state and tuple(state[k].shape) == v.shape}


def _best_prefix(state: Mapping[str, Any], weights: Weights) -> str:
    return max(("", "backbone."), key=lambda prefix: sum(f"{prefix}{name}" in state for name in weights))
