"""Rows of a head go with the names of the classes, whatever the family's layout of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.detector.base.spec import resolve
from engine.detector.families.build import build
from engine.detector.network.checkpoint import network_arrays, put_weights
from engine.detector.network.class_rows import LAYOUTS, by_name, match_classes

KEYS = (
    "ssd_mobilenet_v1",
    "ssdlite_mobilenet_v3_small",
    "yolov3_mobilenet_v1",
    "picodet_xs",
    "faster_rcnn_mobilenet_v3_fpn",
    "cascade_rcnn_mobilenet_v3_fpn",
)
OLD, SWAPPED, MORE = ("red", "green", "blue"), ("blue", "red", "green"), ("green", "grey", "red", "pink", "blue")


def network(key: str, classes: tuple[str, ...]) -> Any:
    made = build(resolve(DetectorChoice(key=key, size=96, classes=classes)))
    made.eval()
    return made


def scores_of(made: Any, image: np.ndarray) -> list[np.ndarray]:
    """All that a network says of classes, [..., classes], by class as its head has them."""
    import paddle

    from engine.detector.families.raw import run_to_head

    with paddle.no_grad():
        found = run_to_head(made, paddle.to_tensor(image))
    if hasattr(made, "yolo_head"):
        return [np.moveaxis(level.numpy().reshape(1, 3, -1, *level.shape[2:]), 2, -1)[..., 5:] for level in found]
    if hasattr(made, "ssd_head"):
        return [scores.numpy()[..., :-1] for scores in found[0][1]]
    return [np.moveaxis(level.numpy(), 1, -1) for level in found[::3]]


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_that_the_tensors_with_rows_of_classes_are_known(key: str) -> None:
    two, three = (network_arrays(network(key, OLD[:count])) for count in (2, 3))
    grown = {name for name in two if two[name].shape != three[name].shape}
    assert grown and grown == {name for name in two if any(layout.names.fullmatch(name) for layout in LAYOUTS)}


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS[:4])
@pytest.mark.parametrize("classes", [SWAPPED, MORE])
def test_that_a_network_says_the_same_of_each_class_whatever_its_place(key: str, classes: tuple[str, ...]) -> None:
    image = np.random.default_rng(0).normal(size=(1, 3, 96, 96)).astype(np.float32)
    old, new = network(key, OLD), network(key, classes)
    put_weights(new, by_name(network_arrays(old), network_arrays(new), OLD, classes), "test")
    places = [classes.index(name) for name in OLD]
    before, after = scores_of(old, image), scores_of(new, image)
    assert before and len(before) == len(after)
    for ours, theirs in zip(after, before, strict=True):
        np.testing.assert_allclose(ours[..., places], theirs, atol=1e-4)


def test_that_rows_of_a_box_head_follow_their_classes() -> None:
    """Scores with the background last, and four corners for each class, in the columns of a fully connected layer."""
    names = {"bbox_head.bbox_score.weight": (2, 4), "bbox_head.bbox_delta.weight": (2, 12), "neck.x.weight": (2, 12)}
    old = {name: np.arange(np.prod(shape), dtype=np.float32).reshape(shape) for name, shape in names.items()}
    fresh = {name: np.full(shape, -1, np.float32) for name, shape in names.items()}
    found = by_name(old, fresh, OLD, ("blue", "new", "red"))
    assert found["bbox_head.bbox_score.weight"].tolist() == [[2, -1, 0, 3], [6, -1, 4, 7]]
    assert found["bbox_head.bbox_delta.weight"][0].tolist() == [8, 9, 10, 11, -1, -1, -1, -1, 0, 1, 2, 3]
    assert found["neck.x.weight"] is old["neck.x.weight"]


def test_that_a_class_tensor_of_other_rows_is_left_to_the_network() -> None:
    old = {"head.head_cls0.weight": np.zeros((5, 3, 1, 1), np.float32)}
    fresh = {"head.head_cls0.weight": np.zeros((2, 3, 1, 1), np.float32)}
    assert by_name(old, fresh, OLD, ("a", "b")) == {}


def test_that_classes_are_matched_as_written_and_else_without_case() -> None:
    found = match_classes(("Red", "green", "red", "Blue "), ("red", "blue", "GREEN", "grey"))
    assert found.shared == ((2, 0), (3, 1), (1, 2))
    assert (found.new, found.left_out) == (("grey",), ("Red",))
    assert match_classes(("a", "b"), ("x", "y")).shared == ()
