"""Mixed precision: what its scaler has learnt is in the checkpoint, and a training that goes on scales as before.

There is no GPU here. The scaler refuses to work elsewhere, but its arithmetic does not: it is told that this is one.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.contract.text.messages import UserError
from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402

from engine.detector.train.mixed import MixedPrecision  # noqa: E402


@pytest.fixture
def on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    place = SimpleNamespace(is_gpu_place=lambda: True)
    monkeypatch.setattr(paddle.amp.grad_scaler, "_dygraph_tracer", lambda: SimpleNamespace(_expected_place=place))
    # As the forward pass under `cast` leaves it.
    monkeypatch.setattr(paddle.amp.grad_scaler.amp_global_state(), "amp_dtype", "float16")


def training(on: bool = True) -> tuple[Any, Any, MixedPrecision]:
    network = paddle.nn.Linear(2, 1)
    network.weight.set_value(np.array([[0.5], [-0.5]], np.float32))
    network.bias.set_value(np.zeros(1, np.float32))
    optimiser = paddle.optimizer.Momentum(0.1, parameters=network.parameters())
    return network, optimiser, MixedPrecision(on)


def step(network: Any, optimiser: Any, mixed: MixedPrecision, size: float) -> None:
    loss = network(paddle.full([1, 2], size)).square().mean()
    mixed.step(loss, optimiser)
    optimiser.clear_grad()


@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")  # in Paddle's own `float()`
def test_that_an_overflow_is_left_out_and_a_resumed_scaler_goes_on_as_it_was(on_a_gpu: None) -> None:
    network, optimiser, mixed = training()
    network.bias.set_value(np.ones(1, np.float32))
    before = network.weight.numpy()
    step(network, optimiser, mixed, float("inf"))
    assert np.array_equal(network.weight.numpy(), before), "a step that overflowed must change nothing"
    step(network, optimiser, mixed, 1.0)
    assert not np.array_equal(network.weight.numpy(), before)
    kept = mixed.arrays
    assert (kept["scale"].tolist(), kept["incr_count"].tolist()) == ([2.0**15], [1])
    resumed = MixedPrecision(True)
    resumed.restore({**kept, "scale": np.array([128.0], np.float32)})
    step(network, optimiser, resumed, 1.0)
    assert (resumed.arrays["scale"].tolist(), resumed.arrays["incr_count"].tolist()) == ([128.0], [2])


def test_that_a_state_of_something_else_is_refused_and_none_begins_anew(on_a_gpu: None) -> None:
    mixed = MixedPrecision(True)
    mixed.restore({})
    assert mixed.arrays["incr_count"].tolist() == [0]
    with pytest.raises(UserError, match="scaler"):
        mixed.restore({"scale": np.ones(1, np.float32)})


def test_that_off_it_keeps_nothing_and_steps_as_ever() -> None:
    network, optimiser, mixed = training(on=False)
    other, plain, _ = training(on=False)
    mixed.restore({"scale": np.ones(1, np.float32)})
    step(network, optimiser, mixed, 0.7)
    other(paddle.full([1, 2], 0.7)).square().mean().backward()
    plain.step()
    assert mixed.arrays == {} and np.array_equal(network.weight.numpy(), other.weight.numpy())
