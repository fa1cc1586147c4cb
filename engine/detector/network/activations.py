"""Hard swish for training on a CPU: the backward pass of Paddle 2.6's own takes 14 times as long as its forward one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numba
import numpy as np

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle.autograd import PyLayer  # noqa: E402
from paddle.nn import functional  # noqa: E402

from engine.detector.network.memory import in_memory, shared  # noqa: E402

Array = Any  # numba-compiled code takes plain float32 arrays
_CHUNK = 1 << 16


@numba.njit(cache=True, parallel=True, nogil=True, fastmath={"contract", "nsz"})
def _forward(x: Array, y: Array) -> None:
    for number in numba.prange(-(-len(x) // _CHUNK)):
        read, written = x[number * _CHUNK : (number + 1) * _CHUNK], y[number * _CHUNK : (number + 1) * _CHUNK]
        for j in range(len(read)):
            value = read[j]
            gate = value * np.float32(1 / 6) + np.float32(0.5)
            gate = gate if gate > 0 else np.float32(0)
            written[j] = value * (gate if gate < 1 else np.float32(1))


@numba.njit(cache=True, parallel=True, nogil=True, fastmath={"contract", "nsz"})
def _backward(x: Array, grad: Array, grad_x: Array) -> None:
    for number in numba.prange(-(-len(x) // _CHUNK)):
        read, given = x[number * _CHUNK : (number + 1) * _CHUNK], grad[number * _CHUNK : (number + 1) * _CHUNK]
        written = grad_x[number * _CHUNK : (number + 1) * _CHUNK]
        for j in range(len(read)):
            slope = read[j] * np.float32(1 / 3) + np.float32(0.5)
            slope = slope if read[j] > -3 else np.float32(0)
            written[j] = given[j] * (slope if read[j] < 3 else np.float32(1))


class _HardSwish(PyLayer):  # type: ignore[misc]  # Paddle is untyped
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        x = x.contiguous()
        y = paddle.empty(x.shape, "float32")
        _forward(shared(x).ravel(), shared(y).ravel())
        ctx.save_for_backward(x)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (x,) = ctx.saved_tensor()
        grad, grad_x = grad.contiguous(), paddle.empty(x.shape, "float32")
        _backward(shared(x).ravel(), shared(grad).ravel(), shared(grad_x).ravel())
        return grad_x


@contextlib.contextmanager
def fast_activations() -> Iterator[None]:
    """Inside, hard swish run eagerly on float32 goes through the fast kernel; results differ by rounding only."""
    slow = functional.hardswish

    def function(x: Any, name: str | None = None) -> Any:
        fits = paddle.in_dynamic_mode() and in_memory(x)
        return _HardSwish.apply(x) if fits else slow(x, name)

    functional.hardswish = function
    try:
        yield
    finally:
        functional.hardswish = slow
