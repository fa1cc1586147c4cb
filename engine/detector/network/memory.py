"""A tensor's own memory as an array: nothing is copied, and what is written there is in the tensor."""

from __future__ import annotations

import ctypes
import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402

_MMAP_THRESHOLD, _TRIM_THRESHOLD, _TOP_PAD = -3, -1, -2
_LARGEST_THRESHOLD = 32 << 20
"""The largest that glibc takes on 64 bits."""


class _Memory:
    """What numpy asks for the memory of a tensor; the array that it makes holds this, and this the tensor."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor
        shape = tuple(tensor.shape)
        pointer = tensor.data_ptr() if math.prod(shape) else 0
        self.__array_interface__ = {"shape": shape, "typestr": "<f4", "data": (pointer, False), "version": 3}


def in_memory(tensor: Any) -> bool:
    """Whether `shared` can give the memory of a tensor: float32, and not on a GPU."""
    return tensor.dtype == paddle.float32 and bool(tensor.place.is_cpu_place())


def shared(tensor: Any) -> NDArray[np.float32]:
    """The memory of a float32 tensor on the CPU, in its shape; raises ValueError for a view with gaps.

    Of a tensor without dimensions or without numbers it is a copy.

    Paddle's own `numpy()` copies, which for the maps of a detector takes as long as a cheap layer.
    """
    if not tensor.is_contiguous():
        raise ValueError("a view with gaps has no memory of its own")
    return np.asarray(_Memory(tensor)) if tensor.shape and 0 not in tensor.shape else np.asarray(tensor)


@cache
def keep_memory() -> None:
    """Have this process keep what it frees, for its next step: a training asks for the same sizes again and again.

    Else every map of a detector is fetched from the system and given back, 45,000 page faults in a step of PicoDet-S at
    320 px, a tenth of its time. Where the C library is another than glibc nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_TOP_PAD, 64 << 20)
