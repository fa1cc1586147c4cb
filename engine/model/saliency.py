"""How much the loss would rise without each channel: one backward pass over training pictures tells it of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.model.assembly import Model

if TYPE_CHECKING:
    from paddle import nn

    from engine.contract.dataset import Picture
    from engine.graph.groups import ChannelGroup

Saliency = dict[str, NDArray[np.float64]]
"""One number for each channel of each group, by the group's id."""


def channel_saliency(
    model: Model, pictures: Sequence[Picture], further: Callable[[int, int], None] = lambda done, total: None
) -> Saliency:
    """Fisher saliency of every channel that can be removed: half the mean of its squared derivative, for each picture.

    The derivative is that of the picture's loss by a factor on what all convolutions read of the channel (Liu and
    others, Group Fisher Pruning, ICML 2021, equation 5). A convolution is linear in what it reads: the derivative is
    the sum of its weights times their gradients, so that no activation need be kept. Batch norm keeps its statistics.
    `further` is told how many pictures are done of how many.
    """
    import paddle

    from engine.detector.network.depthwise import fast_depthwise
    from engine.detector.train.reader import TrainingReader

    groups = prunable_groups(model)
    reader = TrainingReader(pictures, model.config, batch_size=1, seed=0, augment="none")
    sums = {name: np.zeros(group.channels) for name, group in groups.items()}
    parameters = dict(model.network.named_parameters())
    read = {member.parameter for group in groups.values() for member in group.members if member.axis == 1}
    _train_with_kept_statistics(model.network)
    with fast_depthwise():
        for number, batch in enumerate(reader.epoch(0)):
            further(number, len(pictures))
            paddle.seed(number)  # what a two-stage detector draws for its box head
            model.network({name: paddle.to_tensor(value) for name, value in batch.items()})["loss"].backward()
            products = {name: _by_input(parameters[name]) for name in read}
            for name, group in groups.items():
                sums[name] += 0.5 * _derivative(group, products) ** 2
            for parameter in parameters.values():
                parameter.clear_gradient(False)  # let go of, not set to zero, which the next would be added to
    model.network.eval()
    further(len(pictures), len(pictures))
    return {name: total / max(1, len(pictures)) for name, total in sums.items()}


def prunable_groups(model: Model) -> dict[str, ChannelGroup]:
    """The channel groups of a model that can be cut, in order."""
    from engine.detector.network.trace import trace
    from engine.graph.groups import channel_groups

    groups = channel_groups(trace(model.network, dict(model.config))).groups
    return {name: group for name, group in groups.items() if group.prunable and group.channels > 1}


def _train_with_kept_statistics(network: nn.Layer) -> None:
    network.train()
    for layer in network.sublayers():
        if hasattr(layer, "_mean") and hasattr(layer, "_variance"):
            layer.eval()


def _by_input(weight: nn.Layer) -> NDArray[np.float64] | None:
    """Weights times their gradients, summed for each channel that is read; None where nothing hangs on them."""
    if weight.grad is None:
        return None
    product = (weight * weight.grad).flatten(start_axis=2).sum(axis=2)
    return np.asarray(product.numpy().astype(np.float64).sum(axis=0))


def _derivative(group: ChannelGroup, products: Mapping[str, NDArray[np.float64] | None]) -> NDArray[np.float64]:
    """By a factor on each channel, summed over the dense convolutions that read it; (channels,)."""
    total = np.zeros(group.channels)
    for member in group.members:
        product = products.get(member.parameter) if member.axis == 1 else None
        if product is not None:
            own = product[member.start : member.start + group.channels * member.block]
            total += own.reshape(group.channels, member.block).sum(axis=1)
    return total
