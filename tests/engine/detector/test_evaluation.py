"""The COCO figures: the quick evaluator agrees with the original, and the figures mean what they say."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from engine.contract.dataset import Box, Picture
from engine.contract.figures import Conditions, pick

CLASSES = ("a", "b", "never")


def pictures(count: int, chance: np.random.Generator) -> list[Picture]:
    """Pictures with random boxes of all sizes, some difficult, some of a crowd."""
    made = []
    for number in range(count):
        boxes = []
        for _ in range(int(chance.integers(0, 7))):
            x, y = chance.uniform(0, 500), chance.uniform(0, 400)
            w, h = chance.uniform(5, 140, 2)
            difficult, crowd = bool(chance.random() < 0.1), bool(chance.random() < 0.05)
            boxes.append(Box(int(chance.integers(2)), x, y, x + w, y + h, difficult, crowd))
        made.append(Picture(number + 1, f"{number}.jpg", 640, 480, "val", str(number), tuple(boxes)))
    return made


def detections(of: list[Picture], chance: np.random.Generator) -> list[np.ndarray]:
    """Roughly the boxes, with some lost, some invented, some of the other class."""
    found = []
    for picture in of:
        rows = [
            [box.class_id if chance.random() < 0.9 else 1 - box.class_id, chance.random()]
            + list(np.array([box.x1, box.y1, box.x2, box.y2]) + chance.normal(0, 4, 4))
            for box in picture.boxes
            if chance.random() < 0.8
        ]
        rows += [[int(chance.integers(2)), chance.random() / 2, 10, 10, 50, 60] for _ in range(2)]
        found.append(np.array(rows, np.float32).reshape(-1, 6))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_that_all_figures_agree_with_pycocotools(seed: int) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    from engine.detector.predict.evaluation import COCO_FIGURES, coco_figures, coco_results, coco_truth

    chance = np.random.default_rng(seed)
    of = pictures(40, chance)
    found = detections(of, chance)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = coco_truth(of, CLASSES)
        truth.createIndex()
        original = COCOeval(truth, truth.loadRes(coco_results(found)), "bbox")
        original.evaluate()
        original.accumulate()
        original.summarize()
    figures = coco_figures(of, found, CLASSES, Conditions(split="val"))
    for figure_name, value in zip(COCO_FIGURES, original.stats, strict=True):
        figure = pick(figures, figure_name)
        assert (figure.value if figure else -100) == pytest.approx(100 * value, abs=1e-6), figure_name
    precision = original.eval["precision"][:, :, :, 0, -1]
    for number, name in enumerate(CLASSES):
        values = precision[:, :, number]
        of_class = pick(figures, "map_class", subject=name)
        if (values > -1).any():
            assert of_class is not None and of_class.value == pytest.approx(100 * values[values > -1].mean(), abs=1e-6)
        else:
            assert of_class is None


def test_that_perfect_boxes_score_100_and_none_score_0() -> None:
    from engine.detector.predict.evaluation import coco_figures

    of = [p for p in pictures(10, np.random.default_rng(5)) if p.boxes]
    plain = [
        Picture(p.id, p.path, 640, 480, "val", "", tuple(Box(b.class_id, b.x1, b.y1, b.x2, b.y2) for b in p.boxes))
        for p in of
    ]
    perfect = [np.array([[b.class_id, 0.9, b.x1, b.y1, b.x2, b.y2] for b in p.boxes], np.float32) for p in plain]
    best, worst = (
        pick(coco_figures(plain, rows, CLASSES, Conditions()), "map")
        for rows in (perfect, [np.zeros((0, 6), np.float32)] * len(plain))
    )
    assert best is not None and best.value == pytest.approx(100, abs=0.01)
    assert worst is not None and worst.value == 0
