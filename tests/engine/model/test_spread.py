"""The spread of a difference of two mAPs is what other pictures would make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.contract.dataset import Box, Picture
from engine.contract.figures import Conditions, pick
from engine.detector.predict.evaluation import Detections, coco_figures
from engine.model.spread import Spread

CLASSES = ("a", "b", "c")


def world(count: int, seed: int, blur: tuple[float, ...]) -> tuple[list[Picture], list[list[Detections]]]:
    """Pictures with boxes, and for each blur what a network finds that misses places by so many pixels."""
    chance = np.random.default_rng(seed)
    pictures: list[Picture] = []
    found: list[list[Detections]] = [[] for _ in blur]
    for number in range(count):
        boxes: list[Box] = []
        rows: list[list[tuple[float, ...]]] = [[] for _ in blur]
        for _ in range(chance.integers(0, 5)):
            kind = int(chance.integers(len(CLASSES)))
            x, y = chance.uniform(0, 200, 2)
            wide, high = chance.uniform(15, 80, 2)
            odd = chance.random()
            boxes.append(Box(kind, x, y, x + wide, y + high, difficult=odd < 0.1, crowd=odd > 0.95))
            seen, off, score = chance.random() < 0.85, chance.normal(0, 1, 4), chance.uniform(0.2, 1)
            for each, pixels in zip(rows, blur, strict=True):
                if seen:
                    left, top, right, bottom = pixels * off
                    each.append((kind, score, x + left, y + top, x + wide + right, y + high + bottom))
        for _ in range(chance.integers(0, 8)):
            x, y, kind, score = *chance.uniform(0, 200, 2), int(chance.integers(len(CLASSES))), chance.uniform(0, 0.6)
            for each in rows:
                each.append((kind, score, x, y, x + 30, y + 30))
        pictures.append(Picture(number, f"{number}.png", 300, 300, "val", "", tuple(boxes)))
        for all_rows, each in zip(found, rows, strict=True):
            all_rows.append(np.array(each, dtype=np.float32).reshape(-1, 6))
    return pictures, found


def coco(pictures: list[Picture], detections: list[Detections]) -> float:
    figure = pick(coco_figures(pictures, detections, CLASSES, Conditions()), "map")
    assert figure is not None
    return figure.value


@pytest.mark.parametrize("seed", range(3))
def test_that_what_is_counted_is_cocos_map(seed: int) -> None:
    pictures, (detections,) = world(40, seed, (3.0,))
    scores = Spread(pictures, CLASSES).scores(detections)
    assert scores[0] == pytest.approx(coco(pictures, detections), abs=1e-6)
    rest = [place for place in range(40) if place % 20 != 7]
    without = coco([pictures[place] for place in rest], [detections[place] for place in rest])
    assert scores[8] == pytest.approx(without, abs=1e-6)


def test_that_the_spread_is_that_over_other_pictures() -> None:
    told, losses = [], []
    for seed in range(60):
        pictures, (sharp, blurred) = world(60, 100 + seed, (2.0, 3.0))
        spread = Spread(pictures, CLASSES)
        one, other = spread.scores(sharp), spread.scores(blurred)
        losses.append(one[0] - other[0])
        told.append(spread.of_difference(one, other) or 0.0)
    true = float(np.std(losses))
    assert 0.7 * true < float(np.median(told)) < 1.4 * true


def test_that_the_same_network_differs_by_nothing_and_one_picture_tells_nothing() -> None:
    pictures, (detections,) = world(30, 5, (3.0,))
    spread = Spread(pictures, CLASSES)
    scores = spread.scores(detections)
    assert spread.of_difference(scores, scores) == 0.0
    alone = Spread(pictures[:1], CLASSES)
    assert alone.of_difference(alone.scores(detections[:1]), alone.scores(detections[:1])) is None


def test_that_pictures_without_boxes_and_networks_that_find_nothing_are_judged() -> None:
    pictures, (detections,) = world(10, 6, (3.0,))
    bare = [replace(picture, boxes=()) for picture in pictures]
    nothing = [rows[:0] for rows in detections]
    assert (Spread(bare, CLASSES).scores(detections) == 0).all()
    assert (Spread(pictures, CLASSES).scores(nothing) == 0).all()
