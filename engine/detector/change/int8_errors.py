"""How far the head's outputs move when one convolution alone computes as int8 does: which layers int8 hurts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from engine.detector.base.runtime import prepare
from engine.detector.change.quantisation import BITS, convolutions, levels
from engine.detector.network.trace import Heads, evaluating

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402

BATCH = 8


def int8_errors(
    network: nn.Layer, images: Sequence[Any], told: Callable[[int, int], None] = lambda *_: None
) -> dict[str, float]:
    """Relative error of the head's outputs by convolution, each alone in int8: 0.1 is a tenth of what they are.

    `images` are arrays [1, 3, S, S]. Weights are rounded by output channel, inputs to the average of the largest value
    of each picture, as quantisation-aware training begins. The network stays as it was. Of each output the error is
    the norm of the difference over the norm of the output without its mean, so that a bias does not hide it; the
    outputs' squares are averaged, so that all count alike. `told` hears how many convolutions are done.
    """
    layers, heads = convolutions(network), Heads(network)
    batches = [np.concatenate(list(images[at : at + BATCH])) for at in range(0, len(images), BATCH)]
    with evaluating(network), paddle.no_grad():
        ranges = _input_ranges(heads, layers, batches)
        plain = _outputs(heads, batches)
        errors = {}
        for number, (name, largest) in enumerate(ranges.items(), start=1):
            with _rounded(layers[name], largest):
                errors[name] = distance(_outputs(heads, batches), plain)
            told(number, len(ranges))
    return errors


def _outputs(heads: nn.Layer, batches: Sequence[Any]) -> list[Any]:
    """The head's raw outputs, each one row over all pictures."""
    found = [[value.numpy().reshape(-1) for value in heads(paddle.to_tensor(batch))] for batch in batches]
    return [np.concatenate(rows) for rows in zip(*found, strict=True)]


def distance(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    """How far outputs are from others, as a share of how far those vary; all count alike."""
    squares = [np.square(a - b).mean() / max(b.var(), 1e-12) for a, b in zip(ours, theirs, strict=True)]
    return float(np.sqrt(np.mean(squares)))


def _input_ranges(heads: nn.Layer, layers: dict[str, nn.Layer], batches: Sequence[Any]) -> dict[str, float]:
    """The average over the pictures of the largest input of every convolution that runs, by its name."""
    seen: dict[str, list[float]] = {}

    def watch(name: str) -> Callable[..., None]:
        def look(_: nn.Layer, inputs: tuple[Any, ...]) -> None:
            seen.setdefault(name, []).extend(inputs[0].abs().max(axis=[1, 2, 3]).numpy().tolist())

        return look

    hooks = [layer.register_forward_pre_hook(watch(name)) for name, layer in layers.items()]
    try:
        _outputs(heads, batches)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: float(np.mean(seen[name])) for name in layers if name in seen}


@contextlib.contextmanager
def _rounded(layer: nn.Layer, largest: float) -> Iterator[None]:
    """Inside, the convolution's weights and inputs are what int8 can tell apart."""
    weight = layer.weight.clone()
    scales = weight.abs().max(axis=[1, 2, 3], keepdim=True).clip(min=1e-8) / levels(BITS)
    step = max(largest, 1e-8) / levels(BITS)

    def rounded(_: nn.Layer, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return ((inputs[0] / step).round().clip(-levels(BITS), levels(BITS)) * step, *inputs[1:])

    hook = layer.register_forward_pre_hook(rounded)
    layer.weight.set_value((weight / scales).round() * scales)
    try:
        yield
    finally:
        hook.remove()
        layer.weight.set_value(weight)
