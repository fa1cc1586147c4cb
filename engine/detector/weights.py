"""Reads weights files without running anything that they contain.

A `.pdparams` file is a Python pickle. This reader admits numpy arrays and plain containers and nothing else.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.messages import UserError

Weights = dict[str, NDArray[Any]]

_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): np.core.multiarray._reconstruct,  # type: ignore[attr-defined]
    ("numpy._core.multiarray", "_reconstruct"): np.core.multiarray._reconstruct,  # type: ignore[attr-defined]
    ("numpy.core.multiarray", "scalar"): np.core.multiarray.scalar,  # type: ignore[attr-defined]
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("collections", "OrderedDict"): OrderedDict,
    ("__builtin__", "tuple"): tuple,
    ("builtins", "tuple"): tuple,
}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return _ADMITTED[module, name]


def read_weights(path: Path) -> Weights:
    """The arrays of a `.pdparams` or `.safetensors` file by name; raises UserError for anything else."""
    if not path.is_file():
        raise UserError("weights.missing", path=str(path))
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            return dict(load_file(path))
        except SafetensorError as error:
            raise UserError("weights.malformed", path=str(path), reason=str(error)) from error
    try:
        content = _ArraysOnly(io.BytesIO(path.read_bytes())).load()
    except (pickle.UnpicklingError, ValueError, EOFError, TypeError, AttributeError, LookupError, MemoryError) as error:
        raise UserError("weights.malformed", path=str(path), reason=str(error)[:200] or "?") from error
    if not isinstance(content, dict):
        raise UserError("weights.malformed", path=str(path), reason=type(content).__name__)
    return {name: value for name, value in map(_named_array, content.items()) if value is not None}


def _named_array(item: tuple[Any, Any]) -> tuple[str, NDArray[Any] | None]:
    # Paddle writes a tensor as an array, or as (its parameter name, the array).
    name, value = item
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], np.ndarray):
        value = value[1]
    return str(name), value if isinstance(value, np.ndarray) and value.dtype != object else None
