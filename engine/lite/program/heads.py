"""Finds where a detector's network ends and its post-processing begins, in a saved program."""

from __future__ import annotations

from typing import Any

CONVOLUTIONS = frozenset({"conv2d", "depthwise_conv2d", "conv2d_transpose"})
_ADDS_BIAS = "elementwise_add"
_SIMULATES = frozenset({"quantize_linear", "dequantize_linear"})


def output_convolutions(program: Any) -> list[Any]:
    """The convolutions after which no other one follows: the head's outputs, in order."""
    needed: set[str] = set()
    last = []
    for op in reversed(program.global_block().ops):
        if needed.intersection(op.output_arg_names):
            needed.update(op.input_arg_names)
        elif op.type in CONVOLUTIONS:
            needed.update(op.input_arg_names)
            last.append(op)
    return last[::-1]


def head_outputs(program: Any) -> list[str]:
    """Names of the raw outputs: of each last convolution, with its bias added."""
    constant = _independent_of_inputs(program)
    return [_with_bias(program, op.output("Output")[0], constant) for op in output_convolutions(program)]


def _with_bias(program: Any, name: str, constant: set[str]) -> str:
    users = [op for op in program.global_block().ops if name in op.input_arg_names]
    if len(users) != 1:
        return name
    (user,) = users
    if user.type in _SIMULATES:
        return _with_bias(program, user.output("Y")[0], constant)
    if user.type == _ADDS_BIAS and user.input("Y")[0] in constant:
        return str(user.output("Out")[0])
    return name


def _independent_of_inputs(program: Any) -> set[str]:
    block = program.global_block()
    constant = {variable.name for variable in program.list_vars() if variable.persistable}
    for op in block.ops:
        if op.type != "feed" and constant.issuperset(op.input_arg_names):
            constant.update(op.output_arg_names)
    return constant
