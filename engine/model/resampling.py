"""mAP on many draws of the pictures (a bootstrap), for the spread of a difference between two runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.contract.figures import Figure
from engine.contract.run.findings.resamples import Resamples, score_of
from engine.contract.run.job import Runtime, Split
from engine.model.assembly import Model
from engine.model.measurement import conditions_of, found_by
from engine.technique.base import Calibration

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections, Find

DRAWS = 400
SEED = 20260301
MOST = 100
"""Boxes of one class on one picture that COCO looks at."""
THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass
class _Matched:
    """A class's detections by falling score: their pictures, which are right at each threshold, which do not count.

    `certain` has for each picture how many objects of the class can be missed there.
    """

    picture: Counts
    right: Flags
    ignored: Flags
    certain: Counts

    def __post_init__(self) -> None:
        self.hits = [np.flatnonzero(row) for row in self.right]
        self.vain = bool(self.ignored.any())


def measured_with_resamples(
    model: Model,
    pictures: Sequence[Picture],
    split: Split,
    calibration: Calibration | None,
    progress: Callable[[int, int], None],
    runtime: Runtime = "paddle",
    check: Callable[[], None] = lambda: None,
    find: Find | None = None,
) -> tuple[list[Figure], Resamples]:
    """The COCO figures as `coco_measured` tells them, mAP with its interval, and the scores on each draw."""
    from engine.detector.predict.evaluation import coco_figures

    classes, conditions = model.choice.classes, conditions_of(model, split, runtime)
    found = found_by(model, pictures, calibration, progress, runtime, find)
    told = resample(pictures, found, classes, split, check)
    return [with_interval(one, told) for one in coco_figures(pictures, found, classes, conditions)], told


def with_interval(figure: Figure, told: Resamples) -> Figure:
    """A score with what it would be in 95 of 100 draws of pictures."""
    between = told.interval(score_of(figure))
    return figure if between is None else figure.model_copy(update={"low": between[0], "high": between[1]})


def resample(
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    classes: Sequence[str],
    split: Split,
    check: Callable[[], None] = lambda: None,
) -> Resamples:
    """mAP, mAP50 and the AP of each class on every draw; raises whatever `check` raises."""
    drawn = draws(len(pictures))
    precision = np.full((len(classes), DRAWS, len(THRESHOLDS)), np.nan)
    for class_id, matched in enumerate(match(pictures, detections, len(classes))):
        for number, weights in enumerate(drawn):
            check()
            precision[class_id, number] = average_precision(matched, weights)
    values = {f"map_class:{name}": _points(precision[place].mean(axis=1)) for place, name in enumerate(classes)}
    values["map"] = _points(_mean_of_known(precision.mean(axis=2)))
    values["map50"] = _points(_mean_of_known(precision[:, :, 0]))
    known = {score: told for score, told in values.items() if any(value is not None for value in told)}
    return Resamples(draws=name_of_draws(pictures, classes), split=split, pictures=len(pictures), values=known)


def draws(count: int) -> Counts:
    """How often each picture is in each draw; the same for every run."""
    chance = np.random.default_rng(SEED)
    return chance.multinomial(count, np.full(count, 1 / count), size=DRAWS)


def name_of_draws(pictures: Sequence[Picture], classes: Sequence[str]) -> str:
    """The same where the same pictures with the same boxes were drawn in the same way."""
    held = [(picture.digest, [(box.class_id, box.x1, box.y1, box.x2, box.y2) for box in picture.boxes])
            for picture in pictures]  # fmt: skip
    return hashlib.sha256(repr((SEED, DRAWS, tuple(classes), held)).encode()).hexdigest()[:16]


def match(pictures: Sequence[Picture], detections: Sequence[Detections], classes: int) -> list[_Matched]:
    """Which detections are right, by COCO's rules: the best free object of the class each, by falling score."""
    made = []
    for class_id in range(classes):
        scores, places, right, ignored = [np.zeros(0)], [np.zeros(0, np.int64)], [_none(0)], [_none(0)]
        certain = np.zeros(len(pictures), np.int64)
        for place, (picture, rows) in enumerate(zip(pictures, detections, strict=True)):
            boxes = [box for box in picture.boxes if box.class_id == class_id]
            sure = [box for box in boxes if not (box.crowd or box.difficult)]
            certain[place] = len(sure)
            ours = rows[rows[:, 0] == class_id]
            ours = ours[np.argsort(-ours[:, 1], kind="stable")][:MOST].astype(np.float64)
            if len(ours):
                beyond = [box for box in boxes if box.crowd or box.difficult]
                hit, vain = _match_one(ours[:, 2:6], _corners(sure), _corners(beyond))
                scores.append(ours[:, 1])
                places.append(np.full(len(ours), place))
                right.append(hit)
                ignored.append(vain)
        order = np.argsort(-np.concatenate(scores), kind="stable")
        drawn, hits, vains = np.concatenate(places), np.concatenate(right, axis=1), np.concatenate(ignored, axis=1)
        made.append(_Matched(drawn[order], hits[:, order], vains[:, order], certain))
    return made


def average_precision(matched: _Matched, weights: Counts) -> Floats:
    """AP at each threshold, from 0 to 1, where each picture counts as often as it was drawn; NaN without an object.

    Only where a detection is right can precision be at its best for a recall, so that the others are only counted.
    """
    objects = int(weights @ matched.certain)
    if not objects:
        return np.full(len(THRESHOLDS), np.nan)
    often = weights[matched.picture]
    everything = np.cumsum(often)
    found = np.zeros(len(THRESHOLDS))
    for place, hits in enumerate(matched.hits):
        if not len(hits):
            continue
        true, shown = np.cumsum(often[hits]), everything[hits]
        if matched.vain:
            shown = shown - np.cumsum(often * matched.ignored[place])[hits]
        best = np.maximum.accumulate((true / np.maximum(shown, 1))[::-1])[::-1]
        reached = np.searchsorted(true / objects, RECALLS, side="left")
        found[place] = best[reached[reached < len(best)]].sum() / len(RECALLS)
    return found


def _match_one(found: Floats, sure: Floats, beyond: Floats) -> tuple[Flags, Flags]:
    """Detections of one class on one picture, by falling score: right at each threshold, and not to be counted."""
    right, ignored = _none(len(found)), _none(len(found))
    close, inside = _overlaps(found, sure), _overlaps(found, beyond, of_found=True)
    free = np.ones((len(THRESHOLDS), len(sure)), bool)
    for place in range(len(found)):
        if len(sure):
            fits = np.where(free & (close[place] >= THRESHOLDS[:, None]), close[place], -1.0)
            best = len(sure) - 1 - np.argmax(fits[:, ::-1], axis=1)
            right[:, place] = fits[np.arange(len(THRESHOLDS)), best] >= 0
            free[right[:, place], best[right[:, place]]] = False
        if len(beyond):
            ignored[:, place] = ~right[:, place] & (inside[place].max() >= THRESHOLDS)
    turned = (found[:, 2:] - found[:, :2]).prod(axis=1) < 0  # a box that is turned inside out is none to COCO
    return right, ignored | (turned & ~right)


def _overlaps(found: Floats, boxes: Floats, of_found: bool = False) -> Floats:
    """Intersection over union, or over the area of what was found."""
    low = np.maximum(found[:, None, :2], boxes[None, :, :2])
    high = np.minimum(found[:, None, 2:], boxes[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    ours, theirs = ((each[:, 2:] - each[:, :2]).prod(axis=1) for each in (found, boxes))
    whole = ours[:, None] + (0 if of_found else theirs[None] - both)
    shares: Floats = both / np.maximum(whole, np.spacing(1))
    return shares


def _corners(boxes: Sequence[Any]) -> Floats:
    return np.array([[box.x1, box.y1, box.x2, box.y2] for box in boxes], np.float64).reshape(-1, 4)


def _none(count: int) -> Flags:
    return np.zeros((len(THRESHOLDS), count), bool)


def _mean_of_known(values: Floats) -> Floats:
    """The mean over classes of which an object was drawn."""
    known = ~np.isnan(values)
    total: Floats = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known.any(axis=0), total, np.nan)


def _points(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else round(100 * float(value), 3) for value in values)
