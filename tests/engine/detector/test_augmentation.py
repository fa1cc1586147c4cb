"""AutoAugment and GridMask in the reader: boxes stay on their objects, and chance comes from the sample alone."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.job import TrainJob
from engine.detector.base.spec import resolve
from engine.detector.train.augmentation import AutoAugmentation, GridMasking, policy_of
from engine.detector.train.reader import TrainingReader
from engine.recipe.plan import plan
from engine.recipe.registry import make
from engine.technique.base import Context
from tests.engine.recipe.test_plan import SSD, recipe

COLOURS = [(250, 30, 30), (30, 250, 30), (30, 30, 250)]


def scene(height: int = 480, width: int = 640, shift: int = 0) -> dict[str, Any]:
    """Three rectangles, each in a colour of its own, with their boxes; the class is the colour's number."""
    image = np.full((height, width, 3), 90, np.uint8)
    boxes = []
    for place, colour in enumerate(COLOURS):
        x1, y1 = 60 + 180 * place - shift, 100 + 60 * place
        x2, y2 = x1 + 90, y1 + 120
        image[y1:y2, max(0, x1) : x2] = colour
        boxes.append([max(0, x1), y1, x2, y2])
    return {
        "image": image,
        "gt_bbox": np.array(boxes, np.float32),
        "gt_class": np.arange(3, dtype=np.int32)[:, None],
        "gt_score": np.ones((3, 1), np.float32),
        "im_shape": np.array([height, width], np.float32),
        "scale_factor": np.array([1, 1], np.float32),
        "curr_iter": 0,
    }


def seen_box(image: Any, colour: Sequence[int]) -> list[int]:
    """The box around all pixels of about that colour; empty if there are none."""
    ys, xs = np.where((np.abs(image.astype(int) - colour) < 60).all(axis=2))
    return [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1] if len(xs) else []


def augmented(change: Any, sample: dict[str, Any], seed: int) -> dict[str, Any]:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    result: dict[str, Any] = change(sample)
    return result


@pytest.mark.parametrize("operation", ["TranslateX", "TranslateY", "ShearX", "ShearY", "Rotate"])
def test_that_boxes_stay_on_their_objects(operation: str) -> None:
    # Rotating and shearing widen a box by what its corners need, so there it may be larger than the object.
    slack = 75 if operation == "Rotate" else 3
    change = AutoAugmentation([[(f"{operation}_BBox", 1.0, 8)]], even=False)
    moved = 0
    for seed in range(8):
        after = augmented(change, scene(), seed)
        for box, number in zip(after["gt_bbox"], after["gt_class"][:, 0], strict=True):
            object_box = seen_box(after["image"], COLOURS[number])
            assert object_box, f"seed {seed}: nothing of object {number} in its box {box}"
            assert (np.abs(box - object_box) <= slack).all(), (seed, box, object_box)
            assert box[0] <= object_box[0] + 3 and box[1] <= object_box[1] + 3
            moved += not np.allclose(box, scene()["gt_bbox"][number], atol=1)
    assert moved > 8


def test_that_a_box_whose_object_has_left_the_picture_goes_and_ppdet_leaves_a_strip() -> None:
    from ppdet.data.transform import autoaugment_utils

    change = AutoAugmentation([[("TranslateX_BBox", 1.0, 10)]], even=False)
    left_over = {tuple(augmented(change, scene(shift=20), seed)["gt_class"][:, 0]) for seed in range(6)}
    assert left_over == {(0, 1), (1, 2)}
    boxes = np.array([[0.2, 0.1, 0.5, 0.2]], np.float32)
    _, left = autoaugment_utils.translate_bbox(scene()["image"], boxes, 250, [128] * 3, shift_horizontal=True)
    np.testing.assert_allclose(left, [[0.2, 0, 0.5, 0.05]], atol=1e-2)


def test_that_a_picture_that_would_lose_every_box_stays_as_it_was() -> None:
    lonely = {**scene(), "gt_bbox": np.array([[5, 5, 60, 60]], np.float32)}
    lonely |= {"gt_class": lonely["gt_class"][:1], "gt_score": lonely["gt_score"][:1]}
    change = AutoAugmentation([[("TranslateX_BBox", 1.0, 10)]], even=False)
    for seed in range(6):
        after = augmented(change, dict(lonely), seed)
        assert len(after["gt_bbox"]) == 1
        unchanged = np.array_equal(after["image"], lonely["image"])
        assert unchanged == np.array_equal(after["gt_bbox"], lonely["gt_bbox"])


@pytest.mark.parametrize("name", ["v0", "v1", "v2", "v3"])
def test_that_even_chances_give_what_ppdets_own_operation_gives(name: Any) -> None:
    from ppdet.data.transform import operators

    ours, theirs = AutoAugmentation(policy_of(name), even=True), operators.AutoAugment(name)
    changed = 0
    for seed in range(10):
        before, wanted = scene(), augmented(theirs, scene(), seed)
        found = augmented(ours, scene(), seed)
        if len(found["gt_bbox"]) == 3:
            np.testing.assert_array_equal(found["image"], wanted["image"])
            np.testing.assert_allclose(found["gt_bbox"], wanted["gt_bbox"], atol=0.01)
            changed += not np.array_equal(found["image"], before["image"])
    assert changed >= 3


def test_that_a_policys_own_chances_hold() -> None:
    never = AutoAugmentation([[("TranslateX_BBox", 0.0, 4), ("Rotate_BBox", 0.0, 4)]], even=False)
    always = AutoAugmentation([[("TranslateX_BBox", 1.0, 4)]], even=False)
    even = AutoAugmentation([[("TranslateX_BBox", 0.0, 4)]], even=True)
    images = [[augmented(change, scene(), seed)["image"] for seed in range(12)] for change in (never, always, even)]
    changed = [sum(not np.array_equal(image, scene()["image"]) for image in row) for row in images]
    assert changed[0] == 0 and changed[1] == 12 and 2 <= changed[2] <= 10, changed


@pytest.mark.parametrize("size", [(120, 160), (1200, 1600)])
def test_that_a_picture_of_another_size_is_brought_to_that_of_coco(size: tuple[int, int]) -> None:
    change = AutoAugmentation([[("Brightness", 0.0, 5)]], even=False)
    sample = scene() if size[0] > 480 else {**scene(), "gt_bbox": np.array([[16, 12, 80, 60]], np.float32)}
    sample["image"] = np.zeros((*size, 3), np.uint8)
    before = sample["gt_bbox"].copy()
    after = augmented(change, sample, 0)
    assert after["image"].shape == (480, 640, 3)
    np.testing.assert_allclose(after["gt_bbox"], before * 640 / size[1], atol=0.5)


def test_that_grid_mask_blacks_out_squares_ever_more_often() -> None:
    shares = []
    for step in (0, 500, 1000, 4000):
        change = GridMasking(0.8, 0.5, steps=1000)
        small = scene()["image"][::4, ::4]
        images = [augmented(change, {"image": small, "curr_iter": step}, seed)["image"] for seed in range(60)]
        masked = [float((image.max(axis=2) == 0).mean()) for image in images]
        shares.append(sum(share > 0 for share in masked) / len(masked))
        assert 0.1 < np.mean([share for share in masked if share] or [0.25]) < 0.35
    assert shares[0] == 0 and 0.2 < shares[1] < 0.6 and 0.65 < shares[2] < 0.95 and shares[2] == shares[3], shares


@pytest.fixture
def reader(project: ProjectFolder) -> TrainingReader:
    """A reader of the project's pictures under both techniques."""
    choice = project.load().detector
    config = resolve(choice)
    pictures = Index.open(project.index).pictures("train")
    made = TrainingReader(pictures, config, batch_size=4, seed=1, augment="light")
    context = Context(config, choice)
    for key in ("grid_mask", "auto_augment"):
        made.put_first(make(Step(technique=key)).augment(context, 4 * len(made)))
    return made


def test_that_a_sample_depends_on_seed_epoch_and_picture_alone(reader: TrainingReader) -> None:
    picture = reader.pictures[3]
    first = reader.sample(picture, 2)["image"]
    for other in reader.pictures:
        reader.sample(other, 1)
    np.testing.assert_array_equal(reader.sample(picture, 2)["image"], first)
    assert not np.array_equal(reader.sample(picture, 3)["image"], first)
    whole, late = list(reader.epoch(2)), list(reader.epoch(2, first=1))
    assert len(whole) == 2
    np.testing.assert_array_equal(late[0]["image"], whole[1]["image"])
    assert "curr_iter" not in whole[0]


def test_that_a_run_under_auto_augment_that_is_cancelled_and_resumed_ends_in_the_same_weights(
    project: ProjectFolder, train_job: TrainJob, tmp_path: Path
) -> None:
    from engine.contract.text.messages import Cancelled
    from engine.jobs.train import run
    from engine.run.context import JobContext

    settings = train_job.settings.model_copy(update={"epochs": 2, "evaluate_every": 0})
    steps = (Step(technique="auto_augment"), Step(technique="grid_mask"))
    job = train_job.model_copy(update={"settings": settings, "steps": steps})
    plain = job.model_copy(update={"steps": ()})
    states = []
    for name, asked, stop in (("whole", job, None), ("stopped", job, 3), ("plain", plain, None)):
        folder = tmp_path / name
        folder.mkdir()
        told: list[Any] = []

        def stop_asked(told: list[Any] = told, stop: int | None = stop) -> bool:
            return stop is not None and sum(event.type == "metric" and event.name == "loss" for event in told) >= stop

        if stop is None:
            run(asked, JobContext(folder, told.append))
        else:
            with pytest.raises(Cancelled):
                run(asked, JobContext(folder, told.append, stop_asked=stop_asked))
            run(asked, JobContext(folder, told.append, sitting=2))
        states.append(load_last(folder))
    assert states[0].keys() == states[1].keys()
    for name, value in states[0].items():
        np.testing.assert_array_equal(states[1][name], value, err_msg=name)
    assert any(not np.array_equal(value, states[2][name]) for name, value in states[0].items())


def load_last(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "checkpoints" / "last.safetensors")


def test_that_auto_augment_twice_is_refused_in_words_with_a_remedy() -> None:
    from engine.contract.text.messages import UserError

    twice = recipe(("auto_augment", {"policy": "v1"}), ("auto_augment", {"policy": "v3"}))
    with pytest.raises(UserError, match="auto_augment is in the recipe twice; keep one") as refused:
        plan(twice, SSD)
    assert "auto_augment" in refused.value.message.text("zh") and "只保留一个" in refused.value.message.text("zh")


@pytest.mark.parametrize(("augment", "degrees"), [("light", 6), ("full", 18)])
def test_colours_turn_by_a_few_degrees(project: ProjectFolder, augment: str, degrees: float) -> None:
    # ppdet's RandomDistort takes its range times pi: at its own 18 a red sign became blue or green.
    config = resolve(project.load().detector)
    colouring = TrainingReader([], config, batch_size=1, seed=0, augment=augment).transforms
    distort = next(change for change in colouring if type(change).__name__ == "RandomDistort")
    turned = set()
    for seed in range(20):
        np.random.seed(seed)  # noqa: NPY002
        image = np.full((1, 1, 3), (160, 90, 90), np.float32)
        r, g, b = (float(channel) for channel in distort.apply_hue(image)[0, 0])
        turned.add(round(math.degrees(math.atan2(math.sqrt(3) * (g - b), 2 * r - g - b)), 1))
    assert max(abs(angle) for angle in turned) < 1.5 * degrees + 1, turned
    assert len(turned) > 5
