"""Simulated int8 in a network, and the int8 program that it is saved as.

Each quantised convolution is Paddle's `QuantizedConv2D`, the layer that PaddleSlim's QAT puts in, but without its
observers of outputs: on export those would round a convolution's output once more, between it and its batch norm.
A quantised network keeps the keys of the float one and adds scales.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.detector.base.runtime import prepare
from engine.detector.families.raw import run_to_head
from engine.detector.network.saved_program import static_mode
from engine.detector.network.saving import telling_refusals
from engine.detector.network.trace import evaluating

prepare()

import paddle  # noqa: E402
from paddle import nn  # noqa: E402
from paddle.nn.quant.quant_layers import QuantizedConv2D  # noqa: E402

BITS = 8
ABOVE = 1e-4
"""The share of an activation's values that calibration lets go beyond the range."""
LEAST_RANGE = 1e-3
"""Where a range begins that calibration saw nothing but zeros of; Paddle's own start."""
WEIGHT_QUANTISER = "fake_channel_wise_quantize_dequantize_abs_max"


class Pact(nn.Layer):  # type: ignore[misc]  # Paddle is untyped
    """Clips activations to a learned bound (PACT), in training only: later the scale found there clips as well."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.alpha = self.create_parameter([1], default_initializer=nn.initializer.Constant(start))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """`x` of any shape, clipped to -alpha..alpha; the gradient of what is clipped goes to alpha."""
        if not self.training:
            return x
        # A bound that crossed zero would turn the clipping inside out.
        bound = self.alpha.clip(min=0.01)
        return x - nn.functional.relu(x - bound) + nn.functional.relu(-bound - x)


def convolutions(network: nn.Layer) -> dict[str, nn.Layer]:
    """Every float convolution by its structured name, in order of construction."""
    return {name: layer for name, layer in network.named_sublayers() if isinstance(layer, nn.Conv2D)}


def quantise(
    network: nn.Layer, names: Sequence[str], *, weight_bits: int, moving_rate: float, pact_start: float | None
) -> None:
    """Put simulated int8 into the convolutions called `names`, in place; `pact_start` None leaves PACT out.

    `weight_bits` below 8 uses a smaller part of int8's range for weights.
    """
    found = convolutions(network)
    pact: Callable[[], nn.Layer] | None = None if pact_start is None else (lambda: Pact(pact_start))
    replaced: dict[int, nn.Layer] = {}
    # A fresh counter gives the new parameters the same names in every process.
    with paddle.utils.unique_name.guard():
        for name in names:
            layer = found[name]
            replaced[id(layer)] = QuantizedConv2D(
                layer,
                weight_bits=weight_bits,
                activation_bits=BITS,
                moving_rate=moving_rate,
                weight_quantize_type="channel_wise_abs_max",
                activation_quantize_type="moving_average_abs_max",
                act_pre_layer=pact,
            )
            replaced[id(layer)].training = layer.training
    for parent in network.sublayers(include_self=True):
        _replace_children(parent, replaced)


def _replace_children(parent: nn.Layer, replaced: dict[int, nn.Layer]) -> None:
    for key, child in list(parent._sub_layers.items()):
        if id(child) in replaced:
            parent._sub_layers[key] = replaced[id(child)]
    # ppdet's heads also keep their layers in plain lists, which they run from.
    for value in vars(parent).values():
        if isinstance(value, list):
            value[:] = [replaced.get(id(item), item) for item in value]


def activation_ranges(network: nn.Layer, names: Sequence[str], images: Sequence[Any]) -> dict[str, float]:
    """How far the inputs of a float network's convolutions reach on `images` (arrays [1, 3, S, S]), by name.

    That is what 99.99 % of all values stay below (Wu et al., arXiv 2004.09602, section 4.1). The network has to be the
    float one: behind a range that was found too small, values would be smaller than they are, layer after layer. And an
    average of each picture's largest value hangs on the last few pictures, and halves what only some of them reach.
    """
    found, layers = {name: _Largest(len(images)) for name in names}, convolutions(network)

    def watch(name: str) -> Callable[..., None]:
        return lambda _layer, inputs: found[name].take(np.abs(inputs[0].numpy()).reshape(-1))

    hooks = [layers[name].register_forward_pre_hook(watch(name)) for name in names]
    try:
        with evaluating(network), paddle.no_grad():
            for image in images:
                run_to_head(network, paddle.to_tensor(image))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: largest.reach() for name, largest in found.items() if largest.count}


class _Largest:
    """The largest of many values, as many as the share above the range of all of them needs."""

    def __init__(self, pictures: int) -> None:
        self.count = 0
        self._pictures = pictures
        self._kept: list[Any] = []

    def take(self, values: Any) -> None:
        """Look at the absolute values of one map."""
        many = min(len(values), int(len(values) * ABOVE * self._pictures) + 1)
        self._kept.append(np.partition(values, len(values) - many)[-many:])
        self.count += len(values)

    def reach(self) -> float:
        """What all but the share above stay below or reach."""
        return float(np.sort(np.concatenate(self._kept))[::-1][int(self.count * ABOVE)])


def set_ranges(network: nn.Layer, ranges: Mapping[str, float]) -> None:
    """Let simulated int8 begin with these ranges, by the names of its convolutions; a training's average goes on."""
    for name, layer in network.named_sublayers():
        if name in ranges and isinstance(layer, QuantizedConv2D):
            quantiser = layer._fake_quant_input
            state = 1.0 / (1.0 - quantiser._moving_rate)  # as heavy as an average of ever the same value is
            scale = max(ranges[name], LEAST_RANGE)
            values = {"_scale": scale, "_state": state, "_accum": scale * state}
            for part, value in values.items():
                getattr(quantiser, part).set_value(np.array([value], "float32"))


def freeze_norm(network: nn.Layer) -> None:
    """Let batch norm go by its statistics, which stay as they are, until the network's mode is set again."""
    for layer in network.sublayers():
        if isinstance(layer, nn.layer.norm._BatchNormBase):
            layer.eval()


def convert_program(program_dir: Path) -> int:
    """Make the saved program's simulated int8 real, in place; returns the number of quantised convolutions.

    `model.pdmodel` and `model.pdiparams` then hold int8 weights, `quantize_linear` and `dequantize_linear`. Scales of
    weights are taken from the weights that were saved, which may have been averaged since the last forward.
    """
    from paddle.base.framework import IrGraph
    from paddle.framework import core
    from paddle.static.quantization.quantization_pass import QuantWeightPass, ReplaceFakeQuantDequantPass

    scope, place = paddle.static.Scope(), paddle.CPUPlace()
    executor = paddle.static.Executor(place)
    prefix = str(program_dir / "model")
    with static_mode(), paddle.static.scope_guard(scope):
        program, feeds, fetches = paddle.static.load_inference_model(prefix, executor)
        names = [target.name for target in fetches]
        count = _set_weight_scales(program, scope, place)
        graph = IrGraph(core.Graph(program.desc), for_test=True)
        for part in graph.all_sub_graphs():
            ReplaceFakeQuantDequantPass(scope, place, quant_bits=BITS).apply(part)
            QuantWeightPass(scope, place).apply(part)
        program = graph.to_program()
        block = program.global_block()
        with telling_refusals():
            paddle.static.save_inference_model(
                prefix, [block.var(n) for n in feeds], [block.var(n) for n in names], executor, program=program
            )
    return count


def _set_weight_scales(program: Any, scope: Any, place: Any) -> int:
    """Let every weight's scale be what int8 reaches, so that its own range is a part of that if it has fewer bits."""
    count = 0
    for op in program.global_block().ops:
        if op.type == WEIGHT_QUANTISER:
            weight = np.array(scope.find_var(op.input("X")[0]).get_tensor())
            largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
            scale = largest * levels(BITS) / levels(op.attr("bit_length"))
            scope.find_var(op.output("OutScale")[0]).get_tensor().set(scale.astype("float32"), place)
            op._set_attr("bit_length", BITS)
            count += 1
    return count


def levels(bits: int) -> int:
    """Largest whole number of a symmetric signed range."""
    return int(2 ** (bits - 1) - 1)
