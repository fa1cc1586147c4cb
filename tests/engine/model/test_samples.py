"""What one looks at is what training gets: the same pixels and boxes, in every family, by the job's seed and steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli.verbs.serve import PictureAnswers
from engine.contract.dataset import Index, Picture
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.text.messages import UserError


@pytest.fixture
def answer() -> Iterator[PictureAnswers]:
    with contextlib.closing(PictureAnswers()) as made:
        yield made


@pytest.fixture
def picture(project: ProjectFolder) -> Picture:
    with Index.open(project.index) as index:
        return next(one for one in index.pictures("train") if one.boxes)


def asked(project: ProjectFolder, picture: Picture, **more: Any) -> dict[str, Any]:
    detector = project.load().detector.model_dump()
    return {"what": "sample", "project": str(project.root), "picture": picture.path, "detector": detector, **more}


def samples(answer: PictureAnswers, request: dict[str, Any]) -> list[dict[str, Any]]:
    told = answer(request)
    assert isinstance(told, dict)
    found: list[dict[str, Any]] = told["samples"]
    return found


def pixels(sample: dict[str, Any]) -> np.ndarray:
    from engine.detector.predict.pictures import read_picture

    return read_picture(sample["file"])


@pytest.mark.parametrize(
    "key", ["ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v1", "picodet_s", "faster_rcnn_mobilenet_v3_fpn"]
)
def test_that_a_sample_without_augmentation_is_the_picture_with_its_boxes(
    answer: PictureAnswers, project: ProjectFolder, picture: Picture, key: str
) -> None:
    import cv2

    from engine.detector.predict.pictures import read_picture

    choice = DetectorChoice(key=key, size=128, classes=project.load().detector.classes)
    request = asked(project, picture, settings={"augment": "none"}) | {"detector": choice.model_dump()}
    (sample,) = samples(answer, request)
    assert (sample["width"], sample["height"], sample["epoch"]) == (128, 128, 0)
    expected = cv2.resize(read_picture(picture.path), (128, 128), interpolation=cv2.INTER_LINEAR)
    assert np.abs(pixels(sample).astype(int) - expected.astype(int)).max() <= 1
    scale = np.array([128 / picture.width, 128 / picture.height] * 2)
    boxes = [np.array([box.x1, box.y1, box.x2, box.y2]) * scale for box in picture.boxes]
    assert np.array([box["box"] for box in sample["boxes"]]) == pytest.approx(np.array(boxes), abs=0.01)
    assert [box["class"] for box in sample["boxes"]] == [choice.classes[box.class_id] for box in picture.boxes]


def test_that_training_gets_the_very_same_samples(
    answer: PictureAnswers, project: ProjectFolder, picture: Picture
) -> None:
    from engine.detector.base.spec import resolve
    from engine.detector.train.reader import TrainingReader

    config = resolve(project.load().detector)
    with Index.open(project.index) as index:
        reader = TrainingReader(index.pictures("train"), config, batch_size=4, seed=7, augment="full")
    settings = {"augment": "full", "seed": 7, "batch_size": 4}
    told = samples(answer, asked(project, picture, settings=settings, epoch=2, count=3))
    mean, std = np.array(config["mean"], np.float32), np.array(config["std"], np.float32)
    for epoch, sample in zip((2, 3, 4), told, strict=True):
        trained = reader.sample(picture, epoch)
        seen = np.clip(np.rint((trained["image"].transpose(1, 2, 0) * std + mean) * 255), 0, 255)
        assert sample["epoch"] == epoch and (pixels(sample) == seen).all()
        assert len(sample["boxes"]) == int((trained["gt_score"] > 0).sum())
    assert any((pixels(told[0]) != pixels(one)).any() for one in told[1:])


def test_that_steps_that_change_pictures_act_and_the_others_do_not(
    answer: PictureAnswers, project: ProjectFolder, picture: Picture
) -> None:
    def first(*steps: dict[str, Any]) -> np.ndarray:
        settings = {"augment": "none", "epochs": 1}
        return pixels(samples(answer, asked(project, picture, settings=settings, steps=steps, epoch=1))[0])

    plain = first()
    masked = first({"technique": "grid_mask", "params": {"chance": 1.0}})
    assert (masked == 0).all(axis=2).mean() > (plain == 0).all(axis=2).mean() + 0.05
    assert (first({"technique": "grid_mask", "params": {"chance": 1.0}, "enabled": False}) == plain).all()
    assert (first({"technique": "filter_prune", "params": {"ratio": 0.5}}) == plain).all()


def test_that_files_are_few_and_go_with_the_process(project: ProjectFolder, picture: Picture) -> None:
    from engine.model.samples import KEPT, SampleMaker

    maker = SampleMaker()
    files = [Path(one["file"]) for _ in range(3) for one in maker(asked(project, picture, count=24))["samples"]]
    assert len(set(files)) == 72 and sum(file.is_file() for file in files) == KEPT
    maker.close()
    assert not files[-1].parent.exists()


def test_that_a_picture_of_another_project_is_refused(
    answer: PictureAnswers, project: ProjectFolder, picture: Picture
) -> None:
    with pytest.raises(UserError) as refused:
        answer(asked(project, picture) | {"picture": "nowhere.png"})
    assert refused.value.message.code == "sample.picture_unknown"
