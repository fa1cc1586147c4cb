"""mAP on draws of pictures: on every picture once it is COCO's own, and two runs are told apart on the same draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.contract.figures import Conditions, pick
from engine.contract.run.findings.resamples import Resamples
from tests.engine.detector.test_evaluation import CLASSES, detections, pictures

Rows = np.ndarray


@pytest.mark.parametrize("seed", range(3))
def test_that_every_picture_once_gives_what_coco_gives(seed: int) -> None:
    from engine.detector.predict.evaluation import coco_figures
    from engine.model.resampling import average_precision, match

    chance = np.random.default_rng(seed)
    of = pictures(40, chance)
    found = detections(of, chance)
    figures = coco_figures(of, found, CLASSES, Conditions())
    ours = np.array([average_precision(one, np.ones(len(of), np.int64)) for one in match(of, found, len(CLASSES))])
    for place, name in enumerate(CLASSES):
        figure = pick(figures, "map_class", subject=name)
        expected = np.nan if figure is None else figure.value
        assert 100 * ours[place].mean() == pytest.approx(expected, nan_ok=True)
    overall, at_half = pick(figures, "map"), pick(figures, "map50")
    assert overall is not None and 100 * np.nanmean(ours) == pytest.approx(overall.value)
    assert at_half is not None and 100 * np.nanmean(ours[:, 0]) == pytest.approx(at_half.value)


def test_that_a_picture_drawn_twice_counts_as_two_pictures() -> None:
    from engine.model.resampling import average_precision, match

    chance = np.random.default_rng(3)
    of = pictures(12, chance)
    found = detections(of, chance)
    weights = np.array([2, 0, 1] * 4)
    places = [place for place, often in enumerate(weights) for _ in range(often)]
    twice = match([of[place] for place in places], [found[place] for place in places], 2)
    for one, other in zip(match(of, found, 2), twice, strict=True):
        whole = average_precision(other, np.ones(len(places), np.int64))
        assert average_precision(one, weights) == pytest.approx(whole, nan_ok=True)


def test_that_a_run_lies_within_noise_of_itself_and_beyond_it_of_a_worse_one() -> None:
    from engine.model.resampling import resample

    chance = np.random.default_rng(5)
    of = pictures(60, chance)
    good = detections(of, chance)
    same: list[Rows] = [
        rows + chance.normal(0, [0, 0.02, 0.5, 0.5, 0.5, 0.5], rows.shape).astype(np.float32) for rows in good
    ]
    worse: list[Rows] = [rows[rows[:, 1] > 0.7] for rows in good]
    told = [resample(of, found, CLASSES, "val") for found in (good, same, worse)]
    assert told[0].difference(told[0], "map") == (0, 0)
    near, far = told[1].difference(told[0], "map"), told[2].difference(told[0], "map")
    assert near is not None and near[0] < 0 < near[1]
    assert far is not None and far[1] < 0
    paired = near[1] - near[0]
    alone = told[0].interval("map")
    assert alone is not None and paired < alone[1] - alone[0]
    assert "map_class:never" not in told[0].values


def test_that_runs_on_other_pictures_or_other_boxes_are_not_compared() -> None:
    from engine.model.resampling import resample

    chance = np.random.default_rng(7)
    of = [picture for picture in pictures(8, chance) if picture.boxes]
    found = detections(of, chance)
    told = resample(of, found, CLASSES, "val")
    other = resample([*of[:-1], replace(of[-1], boxes=())], found, CLASSES, "val")
    assert told.difference(other, "map") is None


def test_that_a_stopped_evaluation_ends_at_once() -> None:
    from engine.model.resampling import resample

    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    chance = np.random.default_rng(7)
    of = pictures(3, chance)
    with pytest.raises(Stopped):
        resample(of, detections(of, chance), CLASSES, "val", stop)


def test_that_few_draws_say_nothing() -> None:
    assert Resamples(draws="a", split="val", pictures=3, values={"map": (1.0, 2.0)}).interval("map") is None
