"""How far the head's outputs move when one convolution alone computes as int8 does: which layers int8 hurts."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from engine.detector.base.runtime import prepare
from engine.detector.change.quantisation import BITS, activation_ranges, convolutions, levels
from engine.detector.network.depthwise import fast_depthwise
from engine.detector.network.trace import Heads, evaluating

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402

BATCH = 4


def int8_errors(
    network: nn.Layer,
    images: Sequence[Any],
    told: Callable[[int, int], None] = lambda *_: None,
    only: Collection[str] | None = None,
) -> dict[str, float]:
    """Relative error of the head's outputs by convolution, each alone in int8: 0.1 is a tenth of what they are.

    `images` are arrays [1, 3, S, S]. Weights are rounded by output channel, inputs in the range that calibration
    gives them (`activation_ranges`). The network stays as it was. Of each output the error is
    the norm of the difference over the norm of the output without its mean, so that a bias does not hide it; the
    outputs' squares are averaged, so that all count alike. `told` hears how many convolutions are done, and may raise.
    `only` names the convolutions to measure; all that run if not given.
    """
    layers, heads = convolutions(network), Heads(network)
    batches = [np.concatenate(list(images[at : at + BATCH])) for at in range(0, len(images), BATCH)]
    with evaluating(network), paddle.no_grad(), fast_depthwise():
        ranges = activation_ranges(network, list(layers), images)
        measured = [name for name in layers if name in ranges and (only is None or name in only)]
        plain, found = [], {name: [] for name in measured}  # type: ignore[var-annotated]
        for at, batch in enumerate(batches):
            runs = _Runs(layers)
            with runs.recorded():
                plain.append(_outputs(heads, batch))
            for number, name in enumerate(measured, start=1):
                with _rounded(layers[name], ranges[name]), runs.replayed_before(name):
                    found[name].append(_squares(_outputs(heads, batch), plain[-1]))
                told((at * len(measured) + number) // len(batches), len(measured))
    whole = [np.concatenate(rows) for rows in zip(*plain, strict=True)]
    sizes = np.array([value.size for value in whole])
    variances = np.array([max(value.var(), 1e-12) for value in whole])
    return {name: float(np.sqrt(np.mean(sum(rows) / sizes / variances))) for name, rows in found.items()}


def _outputs(heads: nn.Layer, batch: Any) -> list[Any]:
    """The head's raw outputs on a batch, each one row."""
    return [value.numpy().reshape(-1) for value in heads(paddle.to_tensor(batch))]


def _squares(ours: Sequence[Any], theirs: Sequence[Any]) -> Any:
    return np.array([np.square(a - b).sum(dtype=np.float64) for a, b in zip(ours, theirs, strict=True)])


class _Runs:
    """What convolutions made of a batch and in which order, so that those before a changed one need not run again."""

    def __init__(self, layers: dict[str, nn.Layer]) -> None:
        self._layers = layers
        self._made: dict[str, list[tuple[int, Any]]] = {}

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """Inside, what each makes is kept; one that runs on several maps makes several."""
        count = itertools.count()

        def watch(name: str) -> Callable[..., None]:
            return lambda _layer, _inputs, output: self._made.setdefault(name, []).append((next(count), output))

        hooks = [layer.register_forward_post_hook(watch(name)) for name, layer in self._layers.items()]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    @contextlib.contextmanager
    def replayed_before(self, name: str) -> Iterator[None]:
        """Inside, convolutions that had run for the last time before that one first did give what they gave."""
        first = self._made[name][0][0]
        early = {each: made for each, made in self._made.items() if made[-1][0] < first}
        for each, made in early.items():
            vars(self._layers[each])["forward"] = _in_turn([output for _, output in made])
        try:
            yield
        finally:
            for each in early:
                del vars(self._layers[each])["forward"]


def _in_turn(outputs: list[Any]) -> Callable[..., Any]:
    left = iter(outputs)
    return lambda *_: next(left)


def distance(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    """How far outputs are from others, as a share of how far those vary; all count alike."""
    squares = [np.square(a - b).mean() / max(b.var(), 1e-12) for a, b in zip(ours, theirs, strict=True)]
    return float(np.sqrt(np.mean(squares)))


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
