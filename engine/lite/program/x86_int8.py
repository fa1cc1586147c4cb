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

from engine.detector.base.runtime import prepare
from engine.detector.change.quantisation import BITS, levels, static_mode

prepare()

import paddle  # noqa: E402

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
    scope = paddle.static.Scope()
    executor = paddle.static.Executor(paddle.CPUPlace())
    prefix = str(program_dir / "model")
    with static_mode(), paddle.static.scope_guard(scope):
        program, feeds, fetches = paddle.static.load_inference_model(prefix, executor)
        block = program.global_block()
        counts = {
            "in_float": _compute_in_float(block, scope),
            "activations_split": _split_activations(block),
            "weights_narrowed": _narrow_weights(block, scope),
        }
        if any(counts.values()):
            variables = [block.var(name) for name in feeds]
            paddle.static.save_inference_model(prefix, variables, fetches, executor, program=program)
    return counts


def _producers(block: Any) -> dict[str, Any]:
    return {name: op for op in block.ops for name in op.output_arg_names}


def _int8_convolutions(block: Any) -> Iterator[_Convolution]:
    producers = _producers(block)
    for op in list(block.ops):
        if op.type in ("conv2d", "depthwise_conv2d"):
            inputs, weight = (producers.get(op.input(slot)[0]) for slot in ("Input", "Filter"))
            if inputs is not None and weight is not None and inputs.type == weight.type == "dequantize_linear":
                yield _Convolution(op, inputs, weight)


def _compute_in_float(block: Any, scope: Any) -> int:
    producers = _producers(block)
    count = 0
    for convolution in _int8_convolutions(block):
        left_over = prod(block.var(convolution.op.input("Input")[0]).shape) % 32
        if convolution.op.type == "conv2d" and left_over < 8:
            continue
        step = _round_input(block, convolution, producers[convolution.inputs.input("X")[0]], scope)
        values, scales = _weight(convolution, scope)
        old = convolution.weight.output("Y")[0]
        weight = block.create_var(name=f"{old}.float{count}", shape=values.shape, dtype="float32", persistable=True)
        scope.var(weight.name)
        _set(scope, weight.name, (values * scales * step / levels(BITS)).astype("float32"))
        convolution.op._rename_input(old, weight.name)
        count += 1
    return count


def _round_input(block: Any, convolution: _Convolution, quantiser: Any, scope: Any) -> float:
    """Give the convolution, as floats, the whole numbers that int8 would have made of its input; returns their step.

    Adding 1.5 * 2^23 leaves a 32-bit float no digits behind the point, and Lite has no operation that rounds. The three
    operations are not fused, as a clip stands between them.
    """
    source, old = block.var(quantiser.input("X")[0]), convolution.inputs.output("Y")[0]
    step = float(np.array(scope.find_var(quantiser.input("Scale")[0]).get_tensor()).ravel()[0]) / levels(BITS)
    most = levels(BITS)
    chain = (
        ("scale", {"scale": 1 / step, "bias": _ROUNDS}),
        ("clip", {"min": _ROUNDS - most, "max": _ROUNDS + most}),
        ("scale", {"scale": 1.0, "bias": -_ROUNDS}),
    )
    for number, (kind, attributes) in enumerate(chain):
        out = block.create_var(name=f"{old}.whole{number}", shape=source.shape, dtype="float32")
        place = block.ops.index(convolution.op)
        block._insert_op(place, type=kind, inputs={"X": source}, outputs={"Out": out}, attrs=attributes)
        source = out
    convolution.op._rename_input(old, source.name)
    return step


def _narrow_weights(block: Any, scope: Any) -> int:
    count = 0
    for convolution in _int8_convolutions(block):
        values, scales = _weight(convolution, scope)
        if np.abs(values).max() > _SAFE_LEVELS:
            ratio = levels(BITS) / _SAFE_LEVELS
            _set(scope, convolution.weight.input("X")[0], np.round(values / ratio).astype("int8"))
            _set(scope, convolution.weight.input("Scale")[0], (scales.ravel() * ratio).astype("float32"))
            count += 1
    return count


def _weight(convolution: _Convolution, scope: Any) -> tuple[Any, Any]:
    """Whole numbers (filters, channels, height, width) as float, and scales that fit them."""
    values, scales = (
        np.array(scope.find_var(convolution.weight.input(slot)[0]).get_tensor()) for slot in ("X", "Scale")
    )
    return values.astype("float32"), scales.reshape(-1, 1, 1, 1)


def _set(scope: Any, name: str, value: Any) -> None:
    scope.find_var(name).get_tensor().set(value, paddle.CPUPlace())


def _split_activations(block: Any) -> int:
    outputs = {convolution.op.output("Output")[0] for convolution in _int8_convolutions(block)}
    producers = _producers(block)
    count = 0
    for place in range(len(block.ops) - 1, -1, -1):
        op = block.ops[place]
        if op.type in ("hard_swish", "leaky_relu") and _source(op, producers) in outputs:
            _split(block, place)
            count += 1
    return count


def _source(op: Any, producers: dict[str, Any]) -> str:
    name = str(op.input("X")[0])
    while name in producers and producers[name].type in _BETWEEN:
        name = producers[name].input("X")[0]
    return name


def _split(block: Any, place: int) -> None:
    """`hard_swish(x)` as `x * hard_sigmoid(x)`, `leaky_relu(x)` as `max(x, slope * x)`."""
    op = block.ops[place]
    x, out = block.var(op.input("X")[0]), block.var(op.output("Out")[0])
    side = block.create_var(name=f"{out.name}.side", shape=out.shape, dtype=out.dtype)
    if op.type == "hard_swish":
        first, join = ("hard_sigmoid", {"slope": 1 / 6, "offset": 0.5}), "elementwise_mul"
    else:
        first, join = ("scale", {"scale": op.attr("alpha"), "bias": 0.0}), "elementwise_max"
    block._remove_op(place)
    block._insert_op(place, type=first[0], inputs={"X": x}, outputs={"Out": side}, attrs=first[1])
    block._insert_op(place + 1, type=join, inputs={"X": x, "Y": side}, outputs={"Out": out}, attrs={"axis": -1})
