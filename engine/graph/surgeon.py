"""Which channels can best be spared when the layers that read them may make up for it (Optimal Brain Surgeon).

A layer reads channels x and computes W x. Without channel c the least squares choice of the other columns of W loses
|W_c|^2 / (S^-1)_cc, S being the covariance of x (Hassibi and Stork 1993, for whole columns). Channels go one by one,
the cheapest first, each time with W and S^-1 brought up to date. A kernel of several pixels makes a block of columns of
each channel. A constant that is lost is left to the bias or the batch norm behind the layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
DAMPING = 1e-4
"""Share of the mean variance that is added to every column's, so that columns that are always equal do no harm."""
ROUNDS = 128
"""In a group of more channels than that, several go for each look at what every channel would cost."""


@dataclass(frozen=True)
class Reader:
    """A layer that reads a group's `channels`: its weight (outputs, columns) and the covariance of its columns.

    Columns are ordered by channel; each channel has as many as the kernel has pixels.
    """

    weight: Matrix
    covariance: Matrix
    channels: int

    @property
    def block(self) -> int:
        """Columns of one channel."""
        return len(self.covariance) // self.channels


def removal_order(readers: Sequence[Reader], count: int) -> tuple[list[int], list[float]]:
    """The first `count` channels to go, and the share of the readers' output energy lost after each (mean of readers).

    One cubic elimination for each reader: milliseconds for some hundred columns, seconds for some thousand.
    """
    patients = [_Patient(reader) for reader in readers]
    alive = np.ones(readers[0].channels, bool)
    order: list[int] = []
    losses: list[float] = []
    at_once = -(-len(alive) // ROUNDS)
    while len(order) < count:
        cost = np.full(len(alive), np.inf)
        cost[alive] = sum(patient.costs(alive) for patient in patients)
        chosen = cost.argsort(kind="stable")[: min(at_once, count - len(order))]
        for patient in patients:
            patient.remove(chosen)
        alive[chosen] = False
        order += map(int, chosen)
        losses += ((losses[-1] if losses else 0.0) + cost[chosen].cumsum() / len(readers)).tolist()
    return order, losses


def made_up_for(reader: Reader, kept: Sequence[int]) -> Matrix:
    """The reader's weight (outputs, columns) solved anew for the channels `kept`; the other columns are zero."""
    covariance = _damped(reader.covariance)
    columns = (np.asarray(kept)[:, None] * reader.block + np.arange(reader.block)).ravel()
    solved = np.zeros_like(reader.weight)
    among_kept = covariance[np.ix_(columns, columns)]
    solved[:, columns] = np.linalg.solve(among_kept, covariance[columns] @ reader.weight.T).T
    return solved


class _Patient:
    """A reader while channels are taken from it: its weight, and the inverse of the covariance of what is left."""

    def __init__(self, reader: Reader) -> None:
        self.weight = reader.weight.copy()
        self.inverse = np.linalg.inv(_damped(reader.covariance))
        self.block, self.channels = reader.block, reader.channels
        self.energy = max(float(((reader.weight @ reader.covariance) * reader.weight).sum()), 1e-30)

    def costs(self, alive: NDArray[np.bool_]) -> Matrix:
        """Share of the output's energy that each living channel's removal would cost."""
        columns = self.weight.reshape(-1, self.channels, self.block)[:, alive].transpose(1, 2, 0)
        weights = columns @ columns.transpose(0, 2, 1)
        blocks = self.inverse.reshape(self.channels, self.block, self.channels, self.block)
        places = np.flatnonzero(alive)
        return np.asarray((weights * np.linalg.inv(blocks[places, :, places, :])).sum(axis=(1, 2)) / self.energy)

    def remove(self, channels: NDArray[np.intp]) -> None:
        """Take channels away and let the others make up for them."""
        own = (channels[:, None] * self.block + np.arange(self.block)).ravel()
        columns = self.inverse[:, own]
        shares = np.linalg.solve(columns[own], columns.T)
        self.weight -= self.weight[:, own] @ shares
        self.inverse -= columns @ shares
        self.weight[:, own] = 0.0
        self.inverse[own, :] = 0.0
        self.inverse[:, own] = 0.0


def _damped(covariance: Matrix) -> Matrix:
    """The covariance with a little more variance on its diagonal, so that it has an inverse."""
    count = len(covariance)
    return np.asarray(covariance + np.eye(count) * (DAMPING * np.trace(covariance) / count + 1e-12))
