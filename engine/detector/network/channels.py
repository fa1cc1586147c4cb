"""Cuts channels out of a built network in place, before any optimiser knows its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import JobFailed
from engine.detector.base.runtime import prepare
from engine.graph.groups import Member

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402


@dataclass(frozen=True)
class Cut:
    """Keep the channels `kept` (ascending) of the `channels` that all `members` share."""

    group: str
    channels: int
    members: tuple[Member, ...]
    kept: tuple[int, ...]

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Cut:
        """The cut that was written down as `record`."""
        members = tuple(Member(*member) for member in record["members"])
        return cls(record["group"], record["channels"], members, tuple(record["kept"]))

    def record(self) -> dict[str, Any]:
        """The cut as plain JSON, for a checkpoint."""
        members = [list(astuple(member)) for member in self.members]
        return {"group": self.group, "channels": self.channels, "kept": list(self.kept), "members": members}


def slice_channels(network: nn.Layer, cuts: Sequence[Cut]) -> None:
    """Cut every member of all groups at once; Parameter objects, their names and training attributes stay.

    Raises JobFailed, with the network untouched, when a cut does not fit the network.
    """
    parameters = dict(network.named_parameters())
    masks: dict[tuple[str, int], Any] = {}
    for cut in cuts:
        _check(cut, parameters)
        for member in cut.members:
            key = (member.parameter, member.axis)
            mask = masks.setdefault(key, np.ones(parameters[member.parameter].shape[member.axis], bool))
            part = mask[member.start : member.start + cut.channels * member.block].reshape(cut.channels, member.block)
            part[:] = False
            part[list(cut.kept)] = True
    for (name, axis), mask in masks.items():
        _take(parameters[name], axis, np.flatnonzero(mask))
    layers = dict(network.named_sublayers(include_self=True))
    for owner in {name.rpartition(".")[0] for name, _ in masks}:
        _resize(layers[owner])


def _check(cut: Cut, parameters: dict[str, Any]) -> None:
    kept = cut.kept
    if not kept or list(kept) != sorted(set(kept)) or kept[0] < 0 or kept[-1] >= cut.channels:
        raise JobFailed("prune.bad_indices", group=cut.group, channels=cut.channels)
    for member in cut.members:
        shape = parameters[member.parameter].shape if member.parameter in parameters else []
        if member.axis >= len(shape) or shape[member.axis] < member.start + cut.channels * member.block:
            raise JobFailed("prune.misfit", group=cut.group, parameter=member.parameter, shape=str(shape))


def _take(parameter: Any, axis: int, indices: NDArray[np.intp]) -> None:
    value = np.ascontiguousarray(np.take(parameter.numpy(), indices, axis=axis))
    put(parameter, value)
    parameter.clear_gradient(False)


def put(parameter: Any, value: NDArray[Any]) -> None:
    """Give a parameter a value of any shape, where it lies."""
    # set_value refuses another shape; the tensor underneath does not, and the Parameter stays itself.
    where = parameter.place
    place = paddle.CUDAPlace(where.gpu_device_id()) if where.is_gpu_place() else paddle.CPUPlace()
    parameter.value().get_tensor().set(value, place)


def _resize(layer: Any) -> None:
    if isinstance(layer, nn.Conv2D):
        filters, per_group = layer.weight.shape[:2]
        if layer._op_type == "depthwise_conv2d":
            layer._groups = filters // (layer._out_channels // layer._groups)
        layer._in_channels = per_group * layer._groups
        layer._out_channels = filters
    elif hasattr(layer, "_num_features"):
        layer._num_features = layer.weight.shape[0]
