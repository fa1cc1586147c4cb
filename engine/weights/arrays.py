"""Reads weights files, `.safetensors` and Paddle's `.pdparams`, without running anything that they contain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import UserError
from engine.weights.plain_pickle import Malformed, Refused, plain, read_plain

Weights = dict[str, NDArray[Any]]

MAX_BYTES = 4 << 30
"""No detector's weights come near it, not even with an optimiser's state beside them."""
_SAFETENSORS = {
    "BOOL": "?", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "u1", "U16": "<u2", "U32": "<u4",
    "U64": "<u8", "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


def read_weights(path: Path, origin: str | None = None) -> Weights:
    """The arrays of a `.pdparams` or `.safetensors` file by name; raises UserError for anything else.

    `origin` is what errors call the file, its path if not given. A network's tensors in a checkpoint of Espalier's
    have their own names; its optimiser's and averages are left out. Half-precision floats stay as they are, except
    bfloat16, which numpy does not know and which becomes float32.
    """
    called = origin or str(path)
    if not path.is_file():
        raise UserError("weights.missing", path=called)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError("weights.too_large", path=called, size=f"{size / 1e9:.1f}", limit=f"{MAX_BYTES / 1e9:.1f}")
        data = path.read_bytes()
    except OSError as error:
        raise UserError("weights.unreadable", path=called, reason=error.strerror or str(error)) from error
    tensors = path.suffix == ".safetensors"
    weights = _own_names(dict(_safetensors(data, called))) if tensors else _pdparams(data, called)
    if not weights:
        raise UserError("weights.no_arrays", path=called)
    return weights


def _pdparams(data: bytes, called: str) -> Weights:
    try:
        content = read_plain(data)
    except Refused as error:
        raise UserError("weights.refused", path=called, place=error.place, what=error.what) from error
    except Malformed as error:
        raise UserError("weights.malformed", path=called, reason=printable(str(error))) from error
    if type(content) is not dict:
        raise UserError("weights.malformed", path=called, reason=type(content).__name__.lower())
    return {name: value for name, value in map(_named_array, content.items()) if value is not None}


def _named_array(item: tuple[str, Any]) -> tuple[str, NDArray[Any] | None]:
    # Paddle writes a tensor as an array, or as (its parameter name, the array).
    name, value = item
    value = plain(value)
    if isinstance(value, tuple) and len(value) == 2:
        value = value[1]
    if not isinstance(value, np.ndarray):
        return name, None
    # Nothing else of a network is uint16: it is how Paddle has numpy hold a bfloat16.
    return name, _widened(value) if value.dtype == np.uint16 else value


def _safetensors(data: bytes, called: str) -> Iterator[tuple[str, NDArray[Any]]]:
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise UserError("weights.malformed", path=called, reason=printable(str(error))) from error
    for name, tensor in tensors:
        kind = tensor["dtype"]
        if not name.isprintable():
            raise UserError("weights.malformed", path=called, reason="a name that cannot be printed")
        if kind not in _SAFETENSORS:
            raise UserError("weights.kind", path=called, tensor=name[:120], kind=kind)
        value = np.frombuffer(tensor["data"], _SAFETENSORS[kind]).reshape(tensor["shape"])
        yield name, _widened(value) if kind == "BF16" else value


def printable(text: str) -> str:
    """What a library or a server says, which may quote from the file, as words that a terminal can bear."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200] or "?"


def _own_names(weights: Weights) -> Weights:
    own = {name[len("model.") :]: value for name, value in weights.items() if name.startswith("model.")}
    others = [name for name in weights if not name.startswith(("model.", "optimizer.", "average."))]
    return own if own and not others else weights


def _widened(value: NDArray[Any]) -> NDArray[Any]:
    """A bfloat16 is the upper half of a float32."""
    return (value.astype(np.uint32) << 16).view(np.float32)
