"""Fits the effects to published times: all of them at once, each held near what it is taken to be beforehand.

The times are sums of positive terms, so more work is never faster. What is minimised is the squared error of the
logarithm of the time, with the influence of outliers bounded (Huber), plus each effect's squared distance from its
prior. Two times of one source, phone and setting err alike, so a network whole and pruned counts a second time as a
difference, which is surer than either time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.latency.effects import Setting, names, prior
from engine.latency.features import KINDS, Work

Array = NDArray[np.float64]
NOISE = 0.06
"""Standard deviation of the logarithm of a published time; the same model in different sources differs by as much."""
PAIR_NOISE = 0.04
"""The same of the difference between a network whole and pruned, in one source on one phone."""
_HUBER = 1.5
_STEPS, _DAMPING, _ENOUGH = 30, 1e-3, 3e-3


@dataclass(frozen=True)
class Sample:
    """A time that was published, the work that was done in it, in float and in int8, and what it is known by."""

    model: str
    work: tuple[Work, Work]
    setting: Setting
    ms: float
    weight: float = 1.0


class Problem:
    """Samples as arrays: a term for each kind of work of each, and the effects that each term has.

    `pairs` are the places of a whole network's sample and of a pruned one's that is compared with it.
    """

    def __init__(self, samples: Sequence[Sample], pairs: Sequence[tuple[int, int]] = ()) -> None:
        self.samples = tuple(samples)
        self.whole, self.pruned = np.array(pairs, int).reshape(-1, 2).T
        rows, amounts, effects = [], [], []
        for number, sample in enumerate(samples):
            for work, setting in zip(sample.work, (sample.setting.in_float(), sample.setting), strict=True):
                for kind in KINDS:
                    if work.get(kind, 0.0) > 0:
                        rows.append(number)
                        amounts.append(work[kind])
                        effects.append(tuple(names(kind, setting)))
        self.names = tuple(dict.fromkeys(name for entry in effects for name in entry))
        place = {name: number for number, name in enumerate(self.names)}
        self._term = np.array([number for number, entry in enumerate(effects) for _ in entry])
        self._effect = np.array([place[name] for entry in effects for name in entry])
        self.rows = np.array(rows)
        self.log_amounts = np.log(np.array(amounts))
        self.log_ms = np.log([sample.ms for sample in samples])
        self.weights = np.array([sample.weight for sample in samples])
        priors = np.array([prior(name) for name in self.names])
        self.middle, self.spread = priors[:, 0], priors[:, 1]

    def predict(self, theta: Array) -> Array:
        """Logarithm of the milliseconds of each sample."""
        found: Array = np.log(np.bincount(self.rows, self._terms(theta), len(self.samples)))
        return found

    def _terms(self, theta: Array) -> Array:
        """Milliseconds of each kind of work of each sample."""
        rates = np.bincount(self._term, theta[self._effect], len(self.rows))
        found: Array = np.exp(rates + self.log_amounts)
        return found

    def fit(self, used: NDArray[np.bool_] | None = None, start: Array | None = None) -> Array:
        """The effects in the order of `names`, fitted on the samples that are `used` (all if None)."""
        used = np.ones(len(self.samples), bool) if used is None else used
        theta = self.middle.copy() if start is None else start.copy()
        trusted = np.r_[used * self.weights, used[self.whole] & used[self.pruned]]
        for _ in range(_STEPS):
            residual = self._stacked(self.log_ms - self.predict(theta))
            robust = trusted * np.minimum(1.0, _HUBER / np.maximum(np.abs(residual), 1e-9))
            jacobian = self._stacked(self.jacobian(theta))
            hessian = self._hessian(jacobian, robust)
            slope = jacobian.T @ (robust * residual) + (self.middle - theta) / self.spread**2
            step = np.linalg.solve(hessian + _DAMPING * np.diag(np.diag(hessian)), slope)
            theta = theta + np.clip(step, -1.0, 1.0)
            if np.abs(step).max() < _ENOUGH:
                break
        return theta

    def _stacked(self, values: Array) -> Array:
        """Values of each sample, then the differences of the pairs, over their noise."""
        return np.concatenate([values / NOISE, (values[self.whole] - values[self.pruned]) / PAIR_NOISE])

    def jacobian(self, theta: Array) -> Array:
        """Change of each sample's logarithm with each effect: the share of time that the effect bears on."""
        terms = self._terms(theta)
        shares = terms / np.bincount(self.rows, terms, len(self.samples))[self.rows]
        cells = self.rows[self._term] * len(self.names) + self._effect
        found = np.bincount(cells, shares[self._term], len(self.samples) * len(self.names))
        return np.asarray(found.reshape(len(self.samples), -1), np.float64)

    def _hessian(self, jacobian: Array, weights: Array) -> Array:
        return (jacobian * weights[:, None]).T @ jacobian + np.diag(1 / self.spread**2)

    def effects(self, theta: Array) -> dict[str, float]:
        """The effects by name."""
        return {name: float(value) for name, value in zip(self.names, theta, strict=True)}
