"""Chooses channels to cut by what pictures lead through them; the rest of the network makes up for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.base.runtime import prepare
from engine.detector.families.raw import run_to_head
from engine.detector.network.depthwise import fast_depthwise
from engine.detector.network.trace import evaluating
from engine.graph.criteria import weakest
from engine.graph.graph import Graph
from engine.graph.groups import ChannelGroup
from engine.graph.surgeon import Reader, made_up_for, removal_order

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402

Matrix = NDArray[np.float64]
FEWEST_OUTPUTS = 256
"""Outputs of one picture that are looked at, evenly spread; layers that read more than eight times as much get more."""
PRODUCT = 4096
"""Columns that make a product worth its while."""
Images = Callable[[], Iterable[NDArray[np.float32]]]
"""Gives the same network inputs [1, 3, S, S] each time that it is called."""


def covariances(network: nn.Layer, layers: Sequence[str], images: Images) -> dict[str, Matrix]:
    """Covariance of what each convolution of `layers` reads, by channel and pixel of its kernel, over all images."""
    found = dict(network.named_sublayers())
    moments = {name: _Moments() for name in layers}

    def watch(name: str) -> Any:
        return lambda layer, inputs: moments[name].add(_columns(layer, inputs[0]))

    hooks = [found[name].register_forward_pre_hook(watch(name)) for name in layers]
    try:
        with evaluating(network), paddle.no_grad(), fast_depthwise():
            for image in images():
                run_to_head(network, paddle.to_tensor(image))
    finally:
        for entry in hooks:
            entry.remove()
    return {name: moment.covariance() for name, moment in moments.items()}


class _Moments:
    """Sums of columns and of their products; columns are held back until there are enough for a large product."""

    def __init__(self) -> None:
        self.count = 0
        self.first: Matrix | float = 0.0
        self.second: Matrix | float = 0.0
        self.held: list[Matrix] = []

    def add(self, columns: Matrix) -> None:
        """Take in columns (rows, any number)."""
        self.held.append(columns)
        if sum(part.shape[1] for part in self.held) >= PRODUCT:
            self._flush()

    def covariance(self) -> Matrix:
        """Of all that was added; (rows, rows)."""
        self._flush()
        mean = np.asarray(self.first) / self.count
        return np.asarray(np.asarray(self.second) / self.count - np.outer(mean, mean))

    def _flush(self) -> None:
        if self.held:
            columns = np.concatenate(self.held, axis=1)
            self.held = []
            self.count += columns.shape[1]
            self.first = self.first + columns.sum(axis=1)
            self.second = self.second + columns @ columns.T


def _columns(layer: nn.Layer, value: paddle.Tensor) -> Matrix:
    """What a convolution reads at each of its outputs (channels * kernel pixels, outputs), at most some hundred."""
    if tuple(layer._kernel_size) == (1, 1):
        parts = value.flatten(start_axis=2)
    else:
        parts = nn.functional.unfold(value, layer._kernel_size, layer._stride, layer._updated_padding, layer._dilation)
    columns = parts.numpy().transpose(1, 0, 2).reshape(parts.shape[1], -1)
    most = max(FEWEST_OUTPUTS, len(columns) // 8)
    return np.asarray(columns[:, :: -(-columns.shape[1] // most)], np.float64)


def renew_statistics(network: nn.Layer, images: Images, batch_size: int = 16) -> None:
    """Replace batch norm's running means and variances by those of the images; weights stay as they are."""
    norms = [layer for layer in network.sublayers() if hasattr(layer, "_momentum") and hasattr(layer, "_mean")]
    momenta = [layer._momentum for layer in norms]
    with evaluating(network), paddle.no_grad(), fast_depthwise():
        for layer in norms:
            layer.train()
        for number, batch in enumerate(_batches(images(), batch_size)):
            for layer in norms:
                layer._momentum = number / (number + 1)  # the plain mean over all batches
            run_to_head(network, paddle.to_tensor(batch))
    for layer, momentum in zip(norms, momenta, strict=True):
        layer._momentum = momentum


def _batches(images: Iterable[NDArray[np.float32]], size: int) -> Iterable[NDArray[np.float32]]:
    held: list[NDArray[np.float32]] = []
    for image in images:
        held.append(image)
        if len(held) == size:
            yield np.concatenate(held)
            held = []
    if len(held) > 1:
        yield np.concatenate(held)


def spare_channels(
    network: nn.Layer, graph: Graph, groups: Sequence[ChannelGroup], counts: Mapping[str, int], images: Images
) -> dict[str, list[int]]:
    """Which channels (ascending) to keep of each group that `counts` names, `counts[id]` of them.

    The layers that read a group get new weights that make up for what goes; nothing is cut yet.
    """
    chosen = [group for group in groups if group.id in counts]
    readers = {group.id: _readers(graph, group) for group in chosen}
    seen = covariances(network, sorted({name for names in readers.values() for name in names}), images)
    parameters = dict(network.named_parameters())
    kept: dict[str, list[int]] = {}
    for group in chosen:
        removed = group.channels - counts[group.id]
        looks = {name: _reader(parameters, group, name, seen[name]) for name in readers[group.id]}
        if looks:
            order, _ = removal_order(list(looks.values()), removed)
        else:
            order = weakest(parameters[group.master].numpy(), removed, "l1")
        kept[group.id] = sorted(set(range(group.channels)) - set(order))
        for name, reader in looks.items():
            _write(parameters[f"{name}.weight"], group, name, made_up_for(reader, kept[group.id]))
    return kept


def _readers(graph: Graph, group: ChannelGroup) -> list[str]:
    """The dense convolutions that read a group; one behind a global pooling counts only where there is no other."""
    inputs = {op.layer: graph.tensors[op.inputs[0]] for op in graph.ops if op.kind == "conv2d"}
    names = [member.parameter.removesuffix(".weight") for member in group.members if member.axis == 1]
    names = [name for name in names if name in inputs]
    wide = [name for name in names if inputs[name][2:] != (1, 1)]
    return wide or names


def _reader(parameters: Mapping[str, Any], group: ChannelGroup, name: str, covariance: Matrix) -> Reader:
    weight = parameters[f"{name}.weight"].numpy()[:, _part(group, name)].astype(np.float64)
    pixels = weight.shape[2] * weight.shape[3]
    first = _part(group, name).start * pixels
    own = slice(first, first + weight[0].size)
    return Reader(weight.reshape(len(weight), -1), covariance[own, own], group.channels)


def _write(parameter: Any, group: ChannelGroup, name: str, weight: Matrix) -> None:
    value = parameter.numpy()
    value[:, _part(group, name)] = weight.reshape(len(value), -1, *value.shape[2:])
    parameter.set_value(value)


def _part(group: ChannelGroup, name: str) -> slice:
    found = next(m for m in group.members if m.parameter == f"{name}.weight" and m.axis == 1)
    return slice(found.start, found.start + group.channels * found.block)
