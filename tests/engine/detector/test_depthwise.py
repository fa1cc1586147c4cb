"""The fast depthwise convolution is the same convolution, on any number of cores."""

from __future__ import annotations

import numpy as np
import pytest


def outcome(
    shape: tuple[int, int, int],
    kernel: int,
    stride: int,
    fast: bool,
    threads: int = 1,
    multiplier: int = 1,
    same: bool = False,
) -> list[np.ndarray]:
    """Output, gradients of input and weight, for fixed random data; `multiplier` filters for each channel."""
    from engine.detector.base.runtime import set_threads

    set_threads(threads)
    import contextlib

    import paddle

    from engine.detector.network.depthwise import fast_depthwise

    channels, height, width = shape
    chance = np.random.default_rng(3)
    x = paddle.to_tensor(chance.normal(size=(2, channels, height, width)).astype("float32"), stop_gradient=False)
    filters = multiplier * channels
    padding = "SAME" if same else kernel // 2
    layer = paddle.nn.Conv2D(channels, filters, kernel, stride, padding, groups=channels)
    layer.weight.set_value(chance.normal(size=(filters, 1, kernel, kernel)).astype("float32"))
    layer.bias.set_value(chance.normal(size=filters).astype("float32"))
    with fast_depthwise() if fast else contextlib.nullcontext():
        y = layer(x)
        (y * y).sum().backward()
    return [y.numpy(), x.grad.numpy(), layer.weight.grad.numpy()]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("shape", [(4, 9, 12), (16, 10, 10), (3, 1, 1), (8, 2, 5)])
def test_that_it_agrees_with_paddles_own(shape: tuple[int, int, int], kernel: int, stride: int) -> None:
    for ours, theirs in zip(outcome(shape, kernel, stride, True), outcome(shape, kernel, stride, False), strict=True):
        scale = np.abs(theirs).max()
        np.testing.assert_allclose(ours / scale, theirs / scale, atol=2e-6)


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
def test_that_channels_may_have_several_filters_and_padding_may_be_same(
    stride: int, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.detector.network import depthwise_kernels

    calls: list[int] = []
    kernel = depthwise_kernels.forward

    def counted(*args: object) -> None:
        calls.append(1)
        kernel(*args)

    monkeypatch.setattr(depthwise_kernels, "forward", counted)
    ours, theirs = (outcome((6, 5, 8), 3, stride, fast, multiplier=2, same=same) for fast in (True, False))
    assert calls == [1]
    for mine, paddles in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, paddles, atol=2e-6 * np.abs(paddles).max())


def test_that_the_number_of_cores_changes_no_bit() -> None:
    for one, two in zip(outcome((16, 12, 12), 5, 2, True, 1), outcome((16, 12, 12), 5, 2, True, 2), strict=True):
        np.testing.assert_array_equal(one, two)
