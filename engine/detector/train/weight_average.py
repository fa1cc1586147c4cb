"""Exponential moving average of a network's weights, which evaluates better than the last step's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detector.network.checkpoint import network_arrays

Arrays = dict[str, NDArray[Any]]


class AveragedWeights:
    """Averages every float parameter and buffer; `decay` 0 keeps the network's own weights."""

    def __init__(self, network: Any, decay: float) -> None:
        self.network = network
        self.decay = decay
        self.arrays: Arrays = network_arrays(network) if decay else {}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from saved averages."""
        if self.decay:
            self.arrays = {name: np.array(value) for name, value in arrays.items()}

    def update(self, step: int) -> None:
        """Take in the weights after optimiser step `step` (from 1); early averages forget faster."""
        if not self.decay:
            return
        decay = np.float32(min(self.decay, (1 + step) / (10 + step)))
        for name, value in network_arrays(self.network).items():
            average = self.arrays[name]
            if average.dtype.kind == "f":
                average *= decay
                average += (np.float32(1) - decay) * value
            else:
                self.arrays[name] = value

    def current(self) -> Arrays:
        """The averages, or the network's own weights where there is no averaging."""
        return self.arrays if self.decay else network_arrays(self.network)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, the network has the averages."""
        if not self.decay:
            yield
            return
        own = network_arrays(self.network)
        _put(self.network, self.arrays)
        try:
            yield
        finally:
            _put(self.network, own)


def _put(network: Any, arrays: Arrays) -> None:
    for name, tensor in network.state_dict().items():
        tensor.set_value(arrays[name])
