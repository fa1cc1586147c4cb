"""Reads from a `.nb` file which kernels Paddle Lite chose.

The file is a header (2 bytes format, 16 bytes version, 8 bytes length) and a FlatBuffer of the optimised program, then
the weights. Fields are numbered as in `lite/model_parser/flatbuffers/framework.fbs` of Paddle Lite 2.13.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.contract.text.messages import JobFailed

_HEADER = struct.Struct("<H16sQ")
_FORMAT = 2
_BLOCKS, _OPS, _TYPE, _ATTRIBUTES, _NAME, _STRING = 0, 3, 0, 3, 0, 4
_KERNEL = "__@kernel_type_attr@__"
_TARGETS = {1: "host", 2: "x86", 4: "arm", 5: "opencl"}
_PRECISIONS = {1: "fp32", 2: "int8", 3: "int32", 4: "any", 5: "fp16", 7: "int64"}


@dataclass(frozen=True)
class Kernel:
    """One operation of an optimised program, where it runs and what it computes with."""

    op: str
    target: str
    precision: str


def read_kernels(model: Path) -> list[Kernel]:
    """The kernels of a `.nb` in order of execution; raises JobFailed if the file is none."""
    with model.open("rb") as stream:
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size or _HEADER.unpack(header)[0] != _FORMAT:
            raise JobFailed("lite.not_a_model", path=str(model))
        data = stream.read(_HEADER.unpack(header)[2])
    root = _Table(data, struct.unpack_from("<I", data)[0])
    return [_kernel(op) for block in root.tables(_BLOCKS) for op in block.tables(_OPS)]


def count_precisions(kernels: list[Kernel]) -> dict[str, int]:
    """How many convolutions compute in each precision, and under `calib` the conversions between precisions."""
    counts = Counter(kernel.precision for kernel in kernels if "conv2d" in kernel.op)
    counts["calib"] = sum(kernel.op == "calib" for kernel in kernels)
    return dict(sorted(counts.items()))


def _kernel(op: _Table) -> Kernel:
    name = op.string(_TYPE)
    for attribute in op.tables(_ATTRIBUTES):
        if attribute.string(_NAME) == _KERNEL:
            target, precision, _ = attribute.string(_STRING).split("/")[-3:]
            return Kernel(name, _TARGETS.get(int(target), target), _PRECISIONS.get(int(precision), precision))
    return Kernel(name, "-", "-")


class _Table:
    """A FlatBuffer table at `position`; fields are found through its vtable, where 0 stands for absent."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position
        self.vtable = position - struct.unpack_from("<i", data, position)[0]

    def string(self, number: int) -> str:
        start = self._follow(number)
        if start is None:
            return ""
        (length,) = struct.unpack_from("<I", self.data, start)
        return self.data[start + 4 : start + 4 + length].decode()

    def tables(self, number: int) -> Iterator[_Table]:
        start = self._follow(number)
        count = 0 if start is None else struct.unpack_from("<I", self.data, start)[0]
        for place in range(count):
            entry = (start or 0) + 4 + 4 * place
            yield _Table(self.data, entry + struct.unpack_from("<I", self.data, entry)[0])

    def _follow(self, number: int) -> int | None:
        (size,) = struct.unpack_from("<H", self.data, self.vtable)
        slot = 4 + 2 * number
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0] if slot < size else 0
        if not offset:
            return None
        place = self.position + offset
        return int(place + struct.unpack_from("<I", self.data, place)[0])
