"""Hard swish of our own is Paddle's, forward and backward, on any number of cores."""

from __future__ import annotations

import numpy as np
import pytest


def outcome(values: np.ndarray, fast: bool, threads: int = 1) -> list[np.ndarray]:
    """Output and gradient."""
    import contextlib

    from engine.detector.base.runtime import set_threads

    set_threads(threads)
    import paddle

    from engine.detector.network.activations import fast_activations

    x = paddle.to_tensor(values, stop_gradient=False)
    with fast_activations() if fast else contextlib.nullcontext():
        y = paddle.nn.functional.hardswish(x)
    (y * y + y).sum().backward()
    return [y.numpy(), x.grad.numpy()]


@pytest.mark.parametrize("shape", [(3,), (2, 3, 5, 7), (2, 8, 90, 91)])
def test_that_it_agrees_with_paddles_own(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).normal(0, 3, shape).astype("float32")
    for ours, theirs in zip(outcome(values, True), outcome(values, False), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-6)


def test_that_what_is_no_number_stays_none() -> None:
    values = np.array([np.nan, np.inf, -np.inf, -4, -3, 3, 4, 0], "float32")
    given, wanted = outcome(values, True)[0], outcome(values, False)[0]
    assert np.isnan(given[0])
    np.testing.assert_array_equal(given[[1, 3, 4, 5, 6, 7]], wanted[[1, 3, 4, 5, 6, 7]])


def test_that_the_number_of_cores_changes_no_bit() -> None:
    values = np.random.default_rng(1).normal(0, 3, (4, 40, 40, 30)).astype("float32")
    for one, two in zip(outcome(values, True, 1), outcome(values, True, 2), strict=True):
        np.testing.assert_array_equal(one, two)
