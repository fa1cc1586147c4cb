"""A traced network as plain data: what previews, channel groups and latency features compute on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

FORMAT = 1

Shape = tuple[int, ...]
Kind = Literal[
    "conv2d",
    "depthwise_conv2d",
    "linear",
    "batch_norm",
    "add",
    "mul",
    "concat",
    "split",
    "activation",
    "pool",
    "interpolate",
    "reshape",
    "transpose",
    "other",
]


@dataclass(frozen=True)
class Op:
    """One operation on tensors.

    `parameters` maps a role (weight, bias, mean, variance) to a structured name, `backbone.conv1.conv.weight`.
    `attributes` holds `type`, the framework's name of the operation, and by kind: kernel, stride, padding,
    dilation (pairs in pixels; padding may be "SAME"), groups, axis, global.
    """

    kind: Kind
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, str]
    attributes: Mapping[str, Any]

    @property
    def layer(self) -> str:
        """Structured name of the layer that owns the weight; empty for operations without one."""
        return self.parameters.get("weight", "").removesuffix(".weight")


@dataclass(frozen=True, eq=False)
class Graph:
    """A network at batch size 1: operations in order, the shapes of tensors (N, C, H, W) and of parameters.

    `parameters` are all that the framework lists, batch norm's running mean and variance among them.
    """

    ops: tuple[Op, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tensors: Mapping[str, Shape]
    parameters: Mapping[str, Shape]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input picture in pixels."""
        height, width = self.tensors[self.inputs[0]][2:4]
        return height, width

    def to_json(self) -> str:
        """The graph as JSON text; `from_json` reads it back to an equal graph."""
        return json.dumps({"format": FORMAT} | asdict(self))

    @staticmethod
    def from_json(text: str) -> Graph:
        """Read what `to_json` wrote; raises ValueError on another format or an unknown kind of operation."""
        body = json.loads(text)
        if body.pop("format", None) != FORMAT:
            raise ValueError(f"not a graph of format {FORMAT}")
        return Graph(
            ops=tuple(_op(entry) for entry in body["ops"]),
            inputs=tuple(body["inputs"]),
            outputs=tuple(body["outputs"]),
            tensors=_shapes(body["tensors"]),
            parameters=_shapes(body["parameters"]),
        )


def _op(entry: dict[str, Any]) -> Op:
    if entry["kind"] not in get_args(Kind):
        raise ValueError(f"unknown kind of operation {entry['kind']!r}")
    return Op(
        kind=entry["kind"],
        inputs=tuple(entry["inputs"]),
        outputs=tuple(entry["outputs"]),
        parameters=entry["parameters"],
        attributes=entry["attributes"],
    )


def _shapes(table: dict[str, list[int]]) -> dict[str, Shape]:
    return {name: tuple(shape) for name, shape in table.items()}
