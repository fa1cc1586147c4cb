"""Exponential moving average of a network's weights, which evaluates better than the last step's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from engine.detector.network.checkpoint import network_arrays
from engine.detector.network.memory import in_memory, shared

Arrays = dict[str, NDArray[Any]]


@numba.njit(cache=True, nogil=True)
def _mix(average: Any, value: Any, decay: Any, rest: Any) -> None:
    """In one pass over both, which is what takes the time: a detector has tens of megabytes."""
    for j in range(len(average)):
        average[j] = average[j] * decay + rest * value[j]


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
        for name, tensor in self.network.state_dict().items():
            average = self.arrays[name]
            if average.dtype == np.float32:
                own = shared(tensor) if in_memory(tensor) else tensor.numpy()
                _mix(average.ravel(), own.ravel(), decay, np.float32(1) - decay)
            elif average.dtype.kind == "f":
                average[...] = average * decay + (np.float32(1) - decay) * tensor.numpy()
            else:
                self.arrays[name] = np.ascontiguousarray(tensor.numpy())

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
