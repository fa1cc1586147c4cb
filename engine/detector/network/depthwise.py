"""Depthwise convolution for training on a CPU, several times faster than Paddle 2.6's own kernel.

Channels, each with one filter or several, are shared out over the cores. Sums run in a fixed order, so results do not
depend on the number of cores. `make bench` reports the ratio to Paddle's kernel.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402
from paddle.autograd import PyLayer  # noqa: E402
from paddle.nn import functional  # noqa: E402

from engine.detector.network import depthwise_kernels  # noqa: E402
from engine.detector.network.memory import in_memory, shared  # noqa: E402

Pads = tuple[int, int, int, int]
"""Rows and columns added above, below, left and right."""


class _Depthwise(PyLayer):  # type: ignore[misc]  # Paddle is untyped
    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, stride: int, pads: Pads) -> Any:
        x, weight = x.contiguous(), weight.contiguous()
        k = weight.shape[2]
        sides = [x.shape[2] + pads[0] + pads[1], x.shape[3] + pads[2] + pads[3]]
        y = paddle.empty([x.shape[0], weight.shape[0], *((side - k) // stride + 1 for side in sides)], "float32")
        depthwise_kernels.forward(shared(x), shared(weight), shared(y), stride, pads)
        ctx.save_for_backward(x, weight)
        ctx.how = (stride, pads)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Any) -> tuple[Any, Any]:
        x, weight = ctx.saved_tensor()
        grad = grad.contiguous()
        grad_x, grad_w = paddle.empty(x.shape, "float32"), paddle.zeros(weight.shape, "float32")
        arrays = (shared(x), shared(weight), shared(grad), shared(grad_x), shared(grad_w))
        depthwise_kernels.backward(*arrays, *ctx.how)
        return grad_x, grad_w


def _fits(
    x: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int, algorithm: Any = None
) -> tuple[int, Pads] | None:
    """Stride and padding as numbers if this convolution is one that the fast kernel does, else None."""
    filters, per_group, height, width = weight.shape
    if not (groups > 1 and groups == x.shape[1] and per_group == 1 and filters % groups == 0 and height == width):
        return None
    strides, dilations = set(_pair(stride)), set(_pair(dilation))
    if len(strides) != 1 or dilations != {1} or not paddle.in_dynamic_mode() or not in_memory(x):
        return None
    (s,) = strides
    pads = _pads(x, height, s, padding, algorithm)
    return None if pads is None else (s, pads)


def _pads(x: Any, kernel: int, stride: int, padding: Any, algorithm: Any) -> Pads | None:
    """Padding by side; SAME gives one output for every `stride` inputs and puts an odd row or column last."""
    if "SAME" in (algorithm, padding):
        missing = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[2:]]
        (above, below), (left, right) = ((total // 2, total - total // 2) for total in missing)
        return above, below, left, right
    pads = set(_pair(padding))
    if algorithm not in (None, "EXPLICIT") or len(pads) != 1 or not isinstance(p := pads.pop(), int):
        return None
    return p, p, p, p


def _pair(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@contextlib.contextmanager
def fast_depthwise() -> Iterator[None]:
    """Inside, depthwise convolutions run eagerly go through the fast kernel; results differ by rounding only."""
    slow_layer, slow_function = functional.conv._conv_nd, functional.conv2d

    def layer(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, padding_algorithm: Any = None,
              dilation: Any = 1, groups: int = 1, *rest: Any, **named: Any) -> Any:  # fmt: skip
        fit = _fits(x, weight, stride, padding, dilation, groups, padding_algorithm) if weight.ndim == 4 else None
        if fit is None:
            return slow_layer(x, weight, bias, stride, padding, padding_algorithm, dilation, groups, *rest, **named)
        y = _Depthwise.apply(x, weight, *fit)
        return y if bias is None else y + bias.reshape([1, -1, 1, 1])

    def function(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
                 groups: int = 1, data_format: str = "NCHW", name: Any = None) -> Any:  # fmt: skip
        fit = _fits(x, weight, stride, padding, dilation, groups)
        if fit is None:
            return slow_function(x, weight, bias, stride, padding, dilation, groups, data_format, name)
        y = _Depthwise.apply(x, weight, *fit)
        return y if bias is None else y + bias.reshape([1, -1, 1, 1])

    functional.conv._conv_nd, functional.conv2d = layer, function
    try:
        yield
    finally:
        functional.conv._conv_nd, functional.conv2d = slow_layer, slow_function
