"""Which filters of a convolution matter least: by their L1 norm or their distance to all others (FPGM)."""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Criterion = Literal["fpgm", "l1"]
Weight = NDArray[np.float32]

# Scores are the same for every ratio, and a preview asks for one ratio after another.
_known: dict[bytes, NDArray[np.float64]] = {}
_MOST_KNOWN = 2000

# Float32 sums of some thousand terms are off by less than this share; closer scores need the exact rule.
_ROUNDING = 4e-6


def weakest(weight: Weight, count: int, criterion: Criterion) -> list[int]:
    """Indices, ascending, of the `count` filters to remove from a (filters, in, kernel, kernel) weight.

    They are the filters that PaddleSlim's L1NormFilterPruner and FPGMFilterPruner remove.
    """
    scores = _l1(weight) if criterion == "l1" else _fpgm(weight, count)
    return sorted(int(index) for index in scores.argsort()[:count])


def fpgm_scores(weight: Weight) -> NDArray[np.float64]:
    """Sum of each filter's Euclidean distances to all filters, by one matrix product in double precision."""
    flat = weight.reshape(len(weight), -1).astype(np.float64)
    flat -= flat.mean(axis=0)  # distances stay, and less of them cancels below
    gram = flat @ flat.T
    norms = np.diag(gram)
    squared = np.maximum(norms[:, None] + norms[None, :] - 2 * gram, 0)
    return np.asarray(np.sqrt(squared).sum(axis=1))


def _l1(weight: Weight) -> NDArray[np.float32]:
    return np.asarray(np.abs(weight).mean(axis=tuple(range(1, weight.ndim))))


def _known_scores(weight: Weight) -> NDArray[np.float64]:
    """`fpgm_scores`, remembered by the weight's content."""
    key = hashlib.blake2b(np.ascontiguousarray(weight).data, digest_size=16, key=str(weight.shape).encode()).digest()
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = fpgm_scores(weight)
    return _known[key]


def _fpgm(weight: Weight, count: int) -> NDArray[np.float32]:
    scores = _known_scores(weight)
    result = scores.astype(np.float32)
    if not 0 < count < len(scores):
        return result
    last_out, first_in = np.sort(scores)[count - 1 : count + 1]
    if first_in <= last_out * (1 + _ROUNDING):
        # Here rounding decides on which side of the cut a filter falls, so score as PaddleSlim does.
        near = (scores >= last_out * (1 - _ROUNDING)) & (scores <= first_in * (1 + _ROUNDING))
        flat = weight.reshape(len(weight), -1)
        for index in np.flatnonzero(near):
            result[index] = _single_precision_score(flat, int(index))
    return result


def _single_precision_score(flat: Weight, index: int) -> np.float32:
    difference = flat - flat[index]
    return np.float32(np.sqrt(np.sum(difference * difference, -1)).sum())
