"""Reads the program that Paddle Lite's optimiser left in a `.nb` file: its operations, their kernels, its variables.

The file is a header (2 bytes format, 16 bytes version, 8 bytes length) and a FlatBuffer of the optimised program, then
the weights. Fields are numbered as in `lite/model_parser/flatbuffers/framework.fbs` of Paddle Lite 2.13.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.text.messages import JobFailed

HEADER = struct.Struct("<H16sQ")
_FORMAT = 2
_BLOCKS, _VARS, _OPS = 0, 2, 3
_KIND, _INPUTS, _OUTPUTS, _ATTRIBUTES = 0, 1, 2, 3
_NAME, _ARGUMENTS, _STRING = 0, 1, 4
_VAR_TYPE, _PERSISTABLE, _LOD_TENSOR, _TENSOR, _DATA_TYPE, _DIMS = 1, 2, 2, 0, 0, 1
_ATTRIBUTE_TYPE, _INTS, _INTS_VALUE = 1, 3, 5
_ONE_NUMBER = {0: (2, "<i"), 6: (8, "<B")}
"""Field and form of an attribute's value by its type: a whole number, yes or no."""
_KERNEL = "__@kernel_type_attr@__"
_TARGETS = {1: "host", 2: "x86", 4: "arm", 5: "opencl"}
_PRECISIONS = {1: "fp32", 2: "int8", 3: "int32", 4: "any", 5: "fp16", 7: "int64"}
_DATA_TYPES = {0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "fp16", 5: "fp32", 6: "fp64", 20: "uint8", 21: "int8"}

Slots = dict[str, tuple[str, ...]]
"""Names of variables by the slot that an operation has them in."""


@dataclass(frozen=True)
class Operation:
    """One operation of an optimised program: where it runs, what it computes with, on which variables.

    `form` tells apart the kernels of one kind, target and precision; `settings` are its attributes of whole numbers,
    `words` those of text.
    """

    kind: str
    form: str
    target: str
    precision: str
    inputs: Slots
    outputs: Slots
    settings: dict[str, tuple[int, ...]]
    words: dict[str, str]


@dataclass(frozen=True)
class Variable:
    """A variable of an optimised program; a weight where it is `kept`."""

    name: str
    kept: bool
    data_type: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class OptimisedProgram:
    """Operations in order of execution, and the variables by name."""

    operations: tuple[Operation, ...]
    variables: dict[str, Variable]


def read_optimised(model: Path) -> OptimisedProgram:
    """The program of a `.nb`; raises JobFailed if the file is none, OSError if it cannot be read."""
    with model.open("rb") as stream:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size or HEADER.unpack(header)[0] != _FORMAT:
            raise JobFailed("lite.not_a_model", path=str(model))
        data = stream.read(HEADER.unpack(header)[2])
    blocks = list(_Table(data, struct.unpack_from("<I", data)[0]).tables(_BLOCKS))
    variables = [_variable(table) for block in blocks for table in block.tables(_VARS)]
    operations = tuple(_operation(op) for block in blocks for op in block.tables(_OPS))
    return OptimisedProgram(operations, {variable.name: variable for variable in variables})


def count_precisions(operations: Sequence[Operation]) -> dict[str, int]:
    """How many convolutions compute in each precision, and under `calib` the conversions between precisions."""
    counts = Counter(operation.precision for operation in operations if "conv2d" in operation.kind)
    counts["calib"] = sum(operation.kind == "calib" for operation in operations)
    return dict(sorted(counts.items()))


def _operation(op: _Table) -> Operation:
    attributes = {attribute.string(_NAME): attribute for attribute in op.tables(_ATTRIBUTES)}
    form, target, precision = "-", "-", "-"
    if _KERNEL in attributes:
        form, target, precision, _ = attributes.pop(_KERNEL).string(_STRING).split("/")[-4:]
        target, precision = _TARGETS.get(int(target), target), _PRECISIONS.get(int(precision), precision)
    settings = {name: _whole_numbers(attribute) for name, attribute in attributes.items()}
    words = {name: attribute.string(_STRING) for name, attribute in attributes.items()}
    return Operation(
        kind=op.string(_KIND),
        form=form,
        target=target,
        precision=precision,
        inputs=_slots(op, _INPUTS),
        outputs=_slots(op, _OUTPUTS),
        settings={name: values for name, values in settings.items() if values},
        words={name: text for name, text in words.items() if text},
    )


def _whole_numbers(attribute: _Table) -> tuple[int, ...]:
    kind = attribute.number(_ATTRIBUTE_TYPE, "<i")
    if kind == _INTS:
        return tuple(attribute.integers(_INTS_VALUE, "<i"))
    return (attribute.number(*_ONE_NUMBER[kind]),) if kind in _ONE_NUMBER else ()


def _slots(op: _Table, field: int) -> Slots:
    return {slot.string(_NAME): tuple(slot.strings(_ARGUMENTS)) for slot in op.tables(field)}


def _variable(table: _Table) -> Variable:
    kind = table.tables_at(_VAR_TYPE, _LOD_TENSOR, _TENSOR)
    data_type = "-" if kind is None else _DATA_TYPES.get(kind.number(_DATA_TYPE, "<i"), "-")
    shape = () if kind is None else tuple(kind.integers(_DIMS, "<q"))
    return Variable(table.string(_NAME), bool(table.number(_PERSISTABLE, "<B")), data_type, shape)


class _Table:
    """A FlatBuffer table at `position`; fields are found through its vtable, where 0 stands for absent."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position
        self.vtable = position - struct.unpack_from("<i", data, position)[0]

    def number(self, field: int, form: str) -> int:
        """A number that lies in the table itself; 0 where it is absent."""
        place = self._place(field)
        return 0 if place is None else int(struct.unpack_from(form, self.data, place)[0])

    def string(self, field: int) -> str:
        start = self._follow(field)
        return "" if start is None else self._text(start)

    def strings(self, field: int) -> Iterator[str]:
        return (self._text(self._target(entry)) for entry in self._entries(field, 4))

    def integers(self, field: int, form: str) -> Iterator[int]:
        entries = self._entries(field, struct.calcsize(form))
        return (struct.unpack_from(form, self.data, entry)[0] for entry in entries)

    def tables(self, field: int) -> Iterator[_Table]:
        return (_Table(self.data, self._target(entry)) for entry in self._entries(field, 4))

    def tables_at(self, *path: int) -> _Table | None:
        """The table that is reached by one field after the other; None where one is absent."""
        found: _Table | None = self
        for field in path:
            start = None if found is None else found._follow(field)
            found = None if start is None else _Table(self.data, start)
        return found

    def _entries(self, field: int, size: int) -> Iterator[int]:
        start = self._follow(field)
        count = 0 if start is None else struct.unpack_from("<I", self.data, start)[0]
        return ((start or 0) + 4 + size * place for place in range(count))

    def _text(self, start: int) -> str:
        (length,) = struct.unpack_from("<I", self.data, start)
        return self.data[start + 4 : start + 4 + length].decode()

    def _follow(self, field: int) -> int | None:
        place = self._place(field)
        return None if place is None else self._target(place)

    def _target(self, place: int) -> int:
        return int(place + struct.unpack_from("<I", self.data, place)[0])

    def _place(self, field: int) -> int | None:
        (size,) = struct.unpack_from("<H", self.data, self.vtable)
        slot = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0] if slot < size else 0
        return self.position + offset if offset else None
