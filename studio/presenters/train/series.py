"""A curve that grows while it is drawn: its points, fewer of them, and smoother."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
LIMIT = 2000
"""Points of one line on screen; more are drawn as the lowest and the highest of each bucket."""


class Series:
    """Points (step, value) with rising steps, kept in arrays that double when full."""

    def __init__(self, points: Sequence[tuple[int, float]] = ()) -> None:
        count = len(points)
        flat = np.fromiter(chain.from_iterable(points), np.float64, count=2 * count).reshape(count, 2)
        self._data = np.empty((max(64, 2 * count), 2))
        self._data[:count] = flat
        self._count = count

    def __len__(self) -> int:
        return self._count

    def add(self, step: int, value: float) -> None:
        """Append a point; a resumed run tells steps again, and the later telling holds."""
        while self._count and self._data[self._count - 1, 0] >= step:
            self._count -= 1
        if self._count == len(self._data):
            self._data = np.concatenate([self._data, np.empty_like(self._data)])
        self._data[self._count] = (step, value)
        self._count += 1

    @property
    def steps(self) -> Values:
        """The steps, a view of `len(self)` numbers."""
        return self._data[: self._count, 0]

    @property
    def values(self) -> Values:
        """The values, a view of `len(self)` numbers."""
        return self._data[: self._count, 1]

    def at(self, step: float) -> tuple[int, float] | None:
        """The point nearest to `step`; None while there is none."""
        if not self._count:
            return None
        near = int(np.searchsorted(self.steps, step))
        if near == self._count or near and abs(self.steps[near - 1] - step) <= abs(self.steps[near] - step):
            near -= 1
        return int(self.steps[near]), float(self.values[near])


def thin(steps: Values, values: Values, limit: int = LIMIT) -> tuple[Values, Values]:
    """At most `limit` points that keep every peak: the lowest and the highest of each bucket, in order."""
    count = len(steps)
    if count <= limit:
        return steps, values
    size = -(-count // (limit // 2))
    buckets = -(-count // size)
    padded = np.concatenate([values, np.full(buckets * size - count, values[-1])]).reshape(buckets, size)
    first = np.arange(buckets) * size
    chosen = np.stack([padded.argmin(axis=1) + first, padded.argmax(axis=1) + first], axis=1)
    kept = np.unique(np.minimum(chosen, count - 1))
    return steps[kept], values[kept]


def smooth(steps: Values, values: Values, weight: float, limit: int = LIMIT) -> tuple[Values, Values]:
    """The exponential average with `weight` (0-1) per point, without the bias of its beginning.

    More than `limit` points are averaged in buckets first, and the weight is raised to the size of a bucket.
    """
    count = len(steps)
    if not count or weight <= 0:
        return thin(steps, values, limit)
    size = -(-count // limit)
    starts = np.arange(0, count, size)
    ends = np.minimum(starts + size, count)
    means = np.add.reduceat(values, starts) / (ends - starts)
    kept = weight**size
    average, share, smoothed = 0.0, 0.0, np.empty(len(starts))
    for number, mean in enumerate(means.tolist()):
        average = kept * average + (1 - kept) * mean
        share = kept * share + (1 - kept)
        smoothed[number] = average / share
    return steps[ends - 1], smoothed
