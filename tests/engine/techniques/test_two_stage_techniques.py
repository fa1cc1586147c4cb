"""Neck, head and loss of two-stage detectors: what they build and refuse, and Balanced L1 against its formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.contract.recipe import Recipe, Step, find_recipe
from engine.contract.text.messages import sentences
from engine.detector.base.spec import resolve
from engine.detector.families.build import build
from engine.detector.network.counts import Count, count_by_hooks
from engine.recipe.plan import plan, problems
from engine.recipe.registry import make
from tests.engine.small_detectors import choice_of

FASTER, CASCADE = "faster_rcnn_mobilenet_v3_fpn", "cascade_rcnn_mobilenet_v3_fpn"
OURS = ("neck_levels", "neck_extra_levels", "neck_channels", "head_shrink", "balanced_l1")


def steps_of(**given: dict[str, Any]) -> tuple[Step, ...]:
    """Steps by technique with their parameters."""
    return tuple(Step(technique=key, params=params) for key, params in given.items())


def codes(key: str, **given: dict[str, Any]) -> list[str]:
    """Codes of all that keeps those steps from being applied to the detector."""
    found = problems(Recipe(name="test", steps=steps_of(**given)), choice_of(key))
    assert all(set(sentences()[problem.message.code]) == {"en", "zh"} for problem in found)
    return [problem.message.code for problem in found]


def counted(key: str = FASTER, size: int = 96, classes: int = 3, **given: dict[str, Any]) -> Count:
    """What the detector counts under those steps."""
    config = resolve(choice_of(key, size, classes))
    for step in steps_of(**given):
        make(step).configure(config)
    return count_by_hooks(build(config), config)


def test_that_each_step_of_the_article_changes_what_it_says() -> None:
    whole = counted()
    fewer = counted(neck_levels={})
    extra = counted(neck_levels={}, neck_extra_levels={})
    narrow = counted(neck_levels={}, neck_extra_levels={}, neck_channels={})
    head = counted(neck_levels={}, neck_extra_levels={}, neck_channels={}, head_shrink={})
    # C5's lateral and output convolutions, and three blocks of the backbone.
    assert whole.params - fewer.params > (160 * 256 + 256) + (9 * 256 * 256 + 256)
    assert fewer.conv_macs < whole.conv_macs
    # P5 comes from C4's 112 channels, P6 from P5's.
    assert extra.params - fewer.params == 9 * 112 * 256 + 9 * 256 * 256 + 2 * 256
    assert narrow.conv_macs < 0.15 * extra.conv_macs
    assert head.conv_macs == narrow.conv_macs
    fc = {width: 48 * 49 * width + width * width + width * (3 + 1) + width * 4 * 3 for width in (1024, 128)}
    assert narrow.macs - head.macs == 100 * (fc[1024] - fc[128])


def test_that_fewer_levels_leave_pooled_ones_for_proposals_alone() -> None:
    config = resolve(choice_of(FASTER))
    make(Step(technique="neck_levels", params={"top": "c3"})).configure(config)
    network = build(config)
    assert [spec.stride for spec in network.neck.out_shape] == [4, 8, 16]
    assert network.bbox_head.roi_extractor.end_level == 1
    assert network.rpn_head.anchor_generator.strides == [4, 8, 16]
    assert len(network.backbone.block_list) == 6


@pytest.mark.parametrize("key", (*OURS, "roi_sampling"))
def test_that_a_one_stage_detector_is_refused_with_a_remedy(key: str) -> None:
    wanted = {key: f"{key}.one_stage" for key in ("head_shrink", "balanced_l1", "roi_sampling")}
    assert codes("ssdlite_mobilenet_v3_small", **{key: {}}) == [wanted.get(key, "neck.one_stage")]


def test_that_p5_is_refused_without_p4_and_where_it_is_already() -> None:
    assert codes(FASTER, neck_extra_levels={}) == ["neck_extra_levels.has_p5"]
    assert codes(FASTER, neck_levels={"top": "c3"}, neck_extra_levels={}) == ["neck_extra_levels.no_p4"]
    assert codes(CASCADE, neck_levels={}, neck_extra_levels={}) == []


def test_that_the_articles_recipe_is_one_training_job() -> None:
    (job,) = plan(find_recipe("article-rcnn"), choice_of(CASCADE))
    assert set(OURS) < {step.technique for step in job.steps} and job.epochs == 40


@pytest.mark.parametrize(("alpha", "gamma"), [(0.5, 1.5), (1.0, 2.0)])
def test_that_balanced_l1_and_its_slope_are_the_papers(alpha: float, gamma: float) -> None:
    import paddle

    from engine.detector.families.box_losses import balanced_l1

    values = np.array([-3, -1.5, -1, -0.7, -0.1, 0, 0.01, 0.3, 0.999, 1.001, 2.5], np.float32)
    difference = paddle.to_tensor(values, stop_gradient=False)
    loss = balanced_l1(difference, alpha, gamma)
    loss.sum().backward()
    distance = np.abs(values).astype(np.float64)
    b = math.exp(gamma / alpha) - 1
    # PaddleDetection release/0.4's balanced_l1_loss.py with beta = 1, and the gradient of the paper's equation 7.
    near = alpha / b * (b * distance + 1) * np.log(b * distance + 1) - alpha * distance
    far = gamma * distance + gamma / b - alpha
    np.testing.assert_allclose(loss.numpy(), np.where(distance < 1, near, far), rtol=1e-5, atol=1e-6)
    slope = np.where(distance < 1, alpha * np.log(b * distance + 1), gamma) * np.sign(values)
    np.testing.assert_allclose(difference.grad.numpy(), slope, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", [FASTER, CASCADE])
def test_that_the_box_head_learns_from_as_many_rois_as_asked(key: str) -> None:
    """And the detector counts the same: what is sampled in training alone costs nothing later."""
    import paddle

    config = resolve(choice_of(key))
    make(Step(technique="roi_sampling", params={"rois": 16})).configure(config)
    assigner = build(config).bbox_head.bbox_assigner
    found = [paddle.rand([200, 4]) * 40 + paddle.to_tensor([0.0, 0, 40, 40])]
    truth = {"gt_bbox": [paddle.to_tensor([[5.0, 5, 60, 60]])], "gt_class": [paddle.to_tensor([[1]], "int32")]}
    rois, counts, (labels, _, _) = assigner(found, paddle.to_tensor([200], "int32"), truth)
    assert int(counts[0]) == len(rois[0]) == len(labels[0]) == 16
    assert counted(key, roi_sampling={}) == counted(key)


@pytest.mark.parametrize("key", [FASTER, CASCADE])
def test_that_the_box_head_alone_is_trained_by_it(key: str) -> None:
    """The box loss that the head gives is the formula's on the offsets it was given, with one division by the RoIs."""
    import paddle

    config = resolve(choice_of(key))
    config["neck"]["out_channel"], config["head"]["width"] = 16, 16
    make(Step(technique="balanced_l1", params={"weight": 2.0})).configure(config)
    network = build(config)
    assert network.rpn_head.loss_rpn_bbox is None
    head = network.bbox_head
    rois = [paddle.to_tensor([[10.0, 10, 50, 60], [0, 0, 20, 20]])]
    truth = [paddle.to_tensor([[12.0, 8, 55, 66], [0, 0, 20, 20]])]
    labels = [paddle.to_tensor([1, 3])]  # the second is background
    deltas = paddle.zeros([2, 4 if key == CASCADE else 12])
    loss = head.get_loss(paddle.zeros([2, 4]), deltas, (labels, truth, None), rois, [10.0, 10, 5, 5])
    offsets = np.array([10 * 3.5 / 40, 10 * 2 / 50, 5 * math.log(43 / 40), 5 * math.log(58 / 50)])
    b = math.exp(3) - 1
    wanted = (0.5 / b * (b * offsets + 1) * np.log(b * offsets + 1) - 0.5 * offsets).sum()
    assert float(loss["loss_bbox_reg"]) == pytest.approx(2.0 * wanted / 2, rel=1e-4)
