"""Mixed precision: the forward pass in half numbers where they suffice, the loss scaled to keep small gradients.

Paddle's own recipe (O1): weights and optimiser stay float32. It exists on GPUs alone; where it is off nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.text.messages import UserError
from engine.detector.base.runtime import prepare

prepare()

import paddle  # noqa: E402

Arrays = dict[str, NDArray[Any]]


class MixedPrecision:
    """Casts and scales if `on`; `arrays` is what the scaler has learnt so far, which belongs into a checkpoint."""

    def __init__(self, on: bool) -> None:
        self.on = on
        self._scaler = paddle.amp.GradScaler(enable=on)

    def cast(self) -> AbstractContextManager[Any]:
        """Inside, operators that can do with half numbers get them."""
        return paddle.amp.auto_cast(level="O1", dtype="float16") if self.on else nullcontext()

    def step(
        self, loss: paddle.Tensor, optimiser: paddle.optimizer.Optimizer, between: Callable[[], None] = lambda: None
    ) -> None:
        """Backward pass and one step of the optimiser, left out where scaled gradients overflowed.

        `between` the two gradients may be changed.
        """
        if not self.on:
            loss.backward()
            between()
            optimiser.step()
            return
        self._scaler.scale(loss).backward()
        between()
        self._scaler.step(optimiser)
        self._scaler.update()

    @property
    def arrays(self) -> Arrays:
        """The scaler's state by its own names; nothing where it is off."""
        return {name: np.atleast_1d(np.asarray(value)) for name, value in self._scaler.state_dict().items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a saved state; begins anew where there is none, as after a sitting without mixed precision."""
        if not self.on or not arrays:
            return
        if set(arrays) != set(self.arrays):
            raise UserError("checkpoint.optimiser", place=f"scaler.{sorted(set(arrays) ^ set(self.arrays))[0]}")
        # The scale as it is kept, an array; the rest as the plain numbers that the library counts with.
        state = {name: value if name == "scale" else value.item() for name, value in arrays.items()}
        self._scaler.load_state_dict(state)
