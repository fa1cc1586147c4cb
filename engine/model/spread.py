"""By how much a difference of two mAPs may be chance: what it would be if other pictures had been looked at.

A group of pictures at a time is left out (the jackknife), and both networks are judged on the same rest: what the two
have in common, such as pictures that are hard for either, cancels out. Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections

Floats = NDArray[np.float64]
_GROUPS = 20
_THRESHOLDS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0, 1, 101)
_MOST = 100
"""COCO's: IoUs from which a box counts as found, recalls at which precision is read, boxes of a picture that count."""


@dataclass(frozen=True)
class _Ranked:
    """All detections of one class, the surest first; `found` and `ignored` by IoU threshold, each at its row."""

    pictures: NDArray[np.int64]
    found: NDArray[np.bool_]
    ignored: NDArray[np.bool_]


class Spread:
    """Judges detections on some pictures, whole and with a group of the pictures left out at a time."""

    def __init__(self, pictures: Sequence[Picture], classes: Sequence[str]) -> None:
        self._pictures, self._classes = pictures, len(classes)
        groups = np.arange(len(pictures)) % min(_GROUPS, max(len(pictures), 1))
        left_out = np.arange(groups.max(initial=0) + 1)[:, None] != groups[None, :]
        self._weights = np.vstack([np.ones(len(pictures)), left_out.astype(float)])
        counted = np.zeros((self._classes, len(pictures)))
        for place, picture in enumerate(pictures):
            for box in picture.boxes:
                counted[box.class_id, place] += not (box.crowd or box.difficult)
        self._counts = counted @ self._weights.T  # by class and left-out group

    def scores(self, detections: Sequence[Detections]) -> Floats:
        """mAP in points on all pictures, and without each group of them."""
        precisions = np.full((self._classes, len(self._weights)), np.nan)
        for kind in np.flatnonzero(self._counts[:, 0]):
            ranked = self._ranked(int(kind), detections)
            precisions[kind] = _average_precisions(ranked, self._weights, self._counts[kind])
        known = ~np.isnan(precisions)
        sums = np.where(known, precisions, 0.0).sum(axis=0)
        return np.asarray(100 * sums / np.maximum(known.sum(axis=0), 1))

    def of_difference(self, one: Floats, other: Floats) -> float | None:
        """The standard deviation of the difference of two networks' mAP; None where there is but one picture."""
        differences = (one - other)[1:]
        count = len(differences)
        if count < 2:
            return None
        return float(np.sqrt((count - 1) / count * np.square(differences - differences.mean()).sum()))

    def _ranked(self, kind: int, detections: Sequence[Detections]) -> _Ranked:
        scores, places, found, ignored = [], [], [], []
        for place, (picture, rows) in enumerate(zip(self._pictures, detections, strict=True)):
            mine = rows[rows[:, 0] == kind]
            mine = mine[np.argsort(-mine[:, 1], kind="stable")][:_MOST]
            boxes = [box for box in picture.boxes if box.class_id == kind]
            corners = np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes], dtype=float).reshape(-1, 4)
            aside = np.array([box.crowd or box.difficult for box in boxes], dtype=bool)
            hits, out = _matched(_overlaps(mine[:, 2:6].astype(float), corners, aside), aside)
            scores.append(mine[:, 1])
            places.append(np.full(len(mine), place))
            found.append(hits)
            ignored.append(out)
        order = np.argsort(-np.concatenate(scores), kind="stable")
        return _Ranked(np.concatenate(places)[order], np.concatenate(found)[order], np.concatenate(ignored)[order])


def _overlaps(boxes: Floats, truth: Floats, aside: NDArray[np.bool_]) -> Floats:
    """IoU of each detection with each box; with one that is set aside, the share of the detection inside it."""
    low = np.maximum(boxes[:, None, :2], truth[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], truth[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=2)
    mine = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)[:, None]
    theirs = np.prod(truth[:, 2:] - truth[:, :2], axis=1)[None, :]
    whole = np.where(aside[None, :], mine, mine + theirs - common)
    return np.asarray(common / np.maximum(whole, 1e-9))


def _matched(overlaps: Floats, aside: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which detections, the surest first, find a box and which are to be ignored, by threshold."""
    found = np.zeros((len(overlaps), len(_THRESHOLDS)), dtype=bool)
    ignored = np.zeros_like(found)
    if not overlaps.shape[1]:
        return found, ignored
    taken = np.zeros((len(_THRESHOLDS), overlaps.shape[1]), dtype=bool)
    rows = np.arange(len(_THRESHOLDS))
    for place in np.flatnonzero(overlaps.max(axis=1) >= _THRESHOLDS[0]):
        free = np.where(taken | aside[None, :], -1.0, overlaps[place][None, :])
        best = free.argmax(axis=1)
        hit = free[rows, best] >= _THRESHOLDS
        taken[rows[hit], best[hit]] = True
        found[place] = hit
        around = overlaps[place][aside].max(initial=0.0)
        ignored[place] = ~hit & (around >= _THRESHOLDS)
    return found, ignored


def _average_precisions(ranked: _Ranked, weights: Floats, counts: Floats) -> Floats:
    """Average precision, mean over the thresholds, for each row of weights; NaN where no box is left to be found."""
    every = np.full(len(weights), np.nan)
    worth = weights[:, ranked.pictures]
    for row in np.flatnonzero(counts):
        total = 0.0
        for threshold in range(len(_THRESHOLDS)):
            hits = np.cumsum(worth[row] * ranked.found[:, threshold])
            seen = np.cumsum(worth[row] * ~ranked.ignored[:, threshold])
            precision = np.maximum.accumulate((hits / np.maximum(seen, 1e-9))[::-1])[::-1]
            at = np.searchsorted(hits / counts[row], _RECALLS, side="left")
            total += np.append(precision, 0.0)[np.minimum(at, len(precision))].mean()
        every[row] = total / len(_THRESHOLDS)
    return every
