"""Fits a quantised program to the int8 kernels of Paddle Lite 2.13rc0 for x86, which are wrong in four ways.

- A convolution drops a hard swish that is fused into it, and divides the slope of a leaky ReLU by the output's scale
  when its output is int8: such activations are written as two operations, which are not fused.
- Products of neighbouring channels are added in 16 bits, which overflow when two weights and two activations are large:
  weights keep to half of int8's range.
- Turning a tensor to int8 leaves elements unset unless there is a multiple of 32 of them, or less than 8 more: the
  convolutions of other tensors are computed in float.
- A depthwise convolution is one small matrix product for each channel, twice as slow as in float: so is that.

What is computed in float is still given whole numbers: a network trained on rounded inputs needs them (an SSDLite lost
4.6 of 27.7 mAP without).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.detector.change.quantisation import BITS, levels
from engine.detector.network.saved_program import SavedProgram, opened

_BETWEEN = frozenset({"batch_norm", "elementwise_add", "quantize_linear", "dequantize_linear"})
_SAFE_LEVELS = levels(7)
_ROUNDS = 1.5 * 2**23
"""Added to a float of 32 bits, makes a whole number of it."""


class _Convolution(NamedTuple):
    """An int8 convolution with the operations that turn its input and its weight to float."""

    op: Any
    inputs: Any
    weight: Any


def fit_to_x86(program_dir: Path) -> dict[str, int]:
    """Rewrite `model.pdmodel` and `model.pdiparams` in place; returns how often each thing was done.

    The program computes what it did before, but for the rounding of weights to 7 bits.
    """
    with opened(program_dir) as saved:
        return {
            "in_float": _compute_in_float(saved),
            "activations_split": _split_activations(saved),
            "weights_narrowed": _narrow_weights(saved),
        }


def _producers(saved: SavedProgram) -> dict[str, Any]:
    return {name: op for op in saved.block.ops for name in op.output_arg_names}


def _int8_convolutions(saved: SavedProgram) -> Iterator[_Convolution]:
    producers = _producers(saved)
    for op in list(saved.block.ops):
        if op.type in ("conv2d", "depthwise_conv2d"):
            inputs, weight = (producers.get(op.input(slot)[0]) for slot in ("Input", "Filter"))
            if inputs is not None and weight is not None and inputs.type == weight.type == "dequantize_linear":
                yield _Convolution(op, inputs, weight)


def _compute_in_float(saved: SavedProgram) -> int:
    producers = _producers(saved)
    count = 0
    for convolution in _int8_convolutions(saved):
        left_over = prod(saved.shape(convolution.op.input("Input")[0])) % 32
        if convolution.op.type == "conv2d" and left_over < 8:
            continue
        step = _round_input(saved, convolution, producers[convolution.inputs.input("X")[0]])
        values, scales = _weight(saved, convolution)
        old = convolution.weight.output("Y")[0]
        weight = saved.add_weight(f"{old}.float{count}", (values * scales * step / levels(BITS)).astype("float32"))
        convolution.op._rename_input(old, weight.name)
        count += 1
    return count


def _round_input(saved: SavedProgram, convolution: _Convolution, quantiser: Any) -> float:
    """Give the convolution, as floats, the whole numbers that int8 would have made of its input; returns their step.

    Adding 1.5 * 2^23 leaves a 32-bit float no digits behind the point, and Lite has no operation that rounds. The three
    operations are not fused, as a clip stands between them.
    """
    source, old = saved.block.var(quantiser.input("X")[0]), convolution.inputs.output("Y")[0]
    step = float(saved.array(quantiser.input("Scale")[0]).ravel()[0]) / levels(BITS)
    most = levels(BITS)
    chain: tuple[tuple[str, dict[str, float]], ...] = (
        ("scale", {"scale": 1 / step, "bias": _ROUNDS}),
        ("clip", {"min": _ROUNDS - most, "max": _ROUNDS + most}),
        ("scale", {"scale": 1.0, "bias": -_ROUNDS}),
    )
    for number, (kind, attributes) in enumerate(chain):
        out = saved.add_variable(f"{old}.whole{number}", tuple(source.shape))
        place = saved.block.ops.index(convolution.op)
        saved.insert(place, kind, {"X": source}, {"Out": out}, **attributes)
        source = out
    convolution.op._rename_input(old, source.name)
    return step


def _narrow_weights(saved: SavedProgram) -> int:
    count = 0
    for convolution in _int8_convolutions(saved):
        values, scales = _weight(saved, convolution)
        if np.abs(values).max() > _SAFE_LEVELS:
            ratio = levels(BITS) / _SAFE_LEVELS
            saved.set_array(convolution.weight.input("X")[0], np.round(values / ratio).astype("int8"))
            saved.set_array(convolution.weight.input("Scale")[0], (scales.ravel() * ratio).astype("float32"))
            count += 1
    return count


def _weight(saved: SavedProgram, convolution: _Convolution) -> tuple[Any, Any]:
    """Whole numbers (filters, channels, height, width) as float, and scales that fit them."""
    values, scales = (saved.array(convolution.weight.input(slot)[0]) for slot in ("X", "Scale"))
    return values.astype("float32"), scales.reshape(-1, 1, 1, 1)


def _split_activations(saved: SavedProgram) -> int:
    outputs = {convolution.op.output("Output")[0] for convolution in _int8_convolutions(saved)}
    producers = _producers(saved)
    count = 0
    for place in range(len(saved.block.ops) - 1, -1, -1):
        op = saved.block.ops[place]
        if op.type in ("hard_swish", "leaky_relu") and _source(op, producers) in outputs:
            _split(saved, place)
            count += 1
    return count


def _source(op: Any, producers: dict[str, Any]) -> str:
    name = str(op.input("X")[0])
    while name in producers and producers[name].type in _BETWEEN:
        name = producers[name].input("X")[0]
    return name


def _split(saved: SavedProgram, place: int) -> None:
    """`hard_swish(x)` as `x * hard_sigmoid(x)`, `leaky_relu(x)` as `max(x, slope * x)`."""
    op = saved.block.ops[place]
    x, out = saved.block.var(op.input("X")[0]), saved.block.var(op.output("Out")[0])
    side = saved.add_variable(f"{out.name}.side", tuple(out.shape))
    if op.type == "hard_swish":
        first, attributes, join = "hard_sigmoid", {"slope": 1 / 6, "offset": 0.5}, "elementwise_mul"
    else:
        first, attributes, join = "scale", {"scale": op.attr("alpha"), "bias": 0.0}, "elementwise_max"
    saved.remove([place])
    saved.insert(place, first, {"X": x}, {"Out": side}, **attributes)
    saved.insert(place + 1, join, {"X": x, "Y": side}, {"Out": out}, axis=-1)
