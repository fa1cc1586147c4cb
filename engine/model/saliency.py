"""How much the loss would rise without each channel: one backward pass over training pictures tells it of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
RATIOS = tuple(n / 16 for n in range(1, 15))


def channel_saliency(model: Model, pictures: Sequence[Picture], check: Callable[[], None] = lambda: None) -> Saliency:
    """Fisher saliency of every channel that can be removed: half the mean of its squared derivative, for each picture.

    The derivative is that of the picture's loss by a factor on what all convolutions read of the channel (Liu and
    others, Group Fisher Pruning, ICML 2021, equation 5). A convolution is linear in what it reads: the derivative is
    the sum of its weights times their gradients, so that no activation need be kept. Batch norm keeps its statistics.
    """
    import paddle

    from engine.detector.network.depthwise import fast_depthwise
    from engine.detector.network.trace import trace
    from engine.detector.train.reader import TrainingReader
    from engine.graph.groups import channel_groups

    groups = channel_groups(trace(model.network, dict(model.config))).groups
    chosen = {name: group for name, group in groups.items() if group.prunable and group.channels > 1}
    reader = TrainingReader(pictures, model.config, batch_size=1, seed=0, augment="none")
    sums = {name: np.zeros(group.channels) for name, group in chosen.items()}
    _train_with_kept_statistics(model.network)
    with fast_depthwise():
        for number, batch in enumerate(reader.epoch(0)):
            check()
            paddle.seed(number)  # what a two-stage detector draws for its box head
            model.network({name: paddle.to_tensor(value) for name, value in batch.items()})["loss"].backward()
            parameters = dict(model.network.named_parameters())
            for name, group in chosen.items():
                sums[name] += 0.5 * _derivative(group, parameters) ** 2
            model.network.clear_gradients()
    model.network.eval()
    return {name: total / max(1, len(pictures)) for name, total in sums.items()}


def losses(saliency: NDArray[np.float64]) -> dict[float, float]:
    """What going without the least salient channels adds to the loss, by the share that goes."""
    order = np.concatenate([[0.0], np.cumsum(np.sort(saliency))])
    return {ratio: float(order[min(len(saliency), round(ratio * len(saliency)))]) for ratio in RATIOS}


def _train_with_kept_statistics(network: nn.Layer) -> None:
    network.train()
    for layer in network.sublayers():
        if hasattr(layer, "_mean") and hasattr(layer, "_variance"):
            layer.eval()


def _derivative(group: ChannelGroup, parameters: dict[str, nn.Layer]) -> NDArray[np.float64]:
    """By a factor on each channel, summed over the dense convolutions that read it; (channels,)."""
    total = np.zeros(group.channels)
    for member in group.members:
        parameter = parameters.get(member.parameter)
        if member.axis != 1 or parameter is None or parameter.grad is None:
            continue
        product = (parameter * parameter.grad).numpy().astype(np.float64)
        by_channel = product.sum(axis=tuple(axis for axis in range(product.ndim) if axis != 1))
        own = by_channel[member.start : member.start + group.channels * member.block]
        total += own.reshape(group.channels, member.block).sum(axis=1)
    return total
