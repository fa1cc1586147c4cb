"""The IoU loss: a term of YOLOv3's own loss, which pulls boxes onto objects however far they are."""

from __future__ import annotations

import pytest

from engine.contract.recipe import Step
from engine.detector.base.spec import resolve
from engine.recipe.plan import plan, problems
from engine.recipe.registry import make
from tests.engine.recipe.test_plan import SSD, YOLO, recipe

KINDS = ("iou", "giou", "diou", "ciou")


def loss_at(kind: str, shift: float) -> tuple[float, float]:
    """The term for a box 20 px wide that lies `shift` px to the right of its object, and its slope by the shift."""
    import paddle

    from engine.detector.families.build import _make

    config = resolve(YOLO)
    make(Step(technique="iou_loss", params={"kind": kind})).configure(config)
    term = _make(config["head"]["loss"]["iou_loss"], {})
    moved = paddle.to_tensor([[shift]], stop_gradient=False)
    zero, side = paddle.zeros([1, 1]), paddle.full([1, 1], 20.0)
    loss = term([moved, zero, moved + 20.0, side], [zero, zero, side, side])
    loss.sum().backward()
    return float(loss.sum()), float(moved.grad.sum())


@pytest.mark.parametrize("kind", KINDS)
def test_that_it_is_nothing_on_the_object_and_pulls_towards_it(kind: str) -> None:
    at, _ = loss_at(kind, 0.01)
    near, slope = loss_at(kind, 5.0)
    assert at == pytest.approx(0.0, abs=0.02) and near > 0.5 and slope > 0


@pytest.mark.parametrize("kind", KINDS[1:])
def test_that_a_box_beside_its_object_is_pulled_back_too(kind: str) -> None:
    # ppdet squares the overlap by default: below 0, as these fall, that pushes boxes away.
    losses = [loss_at(kind, shift) for shift in (25.0, 40.0, 80.0)]
    assert all(slope > 0 for _, slope in losses)
    assert losses[0][0] < losses[1][0] < losses[2][0]


def test_that_it_is_trained_for_with_what_else_there_is_and_refused_elsewhere() -> None:
    (job,) = plan(recipe(("iou_loss", {"epochs": 3})), YOLO)
    assert job.epochs == 3 and [step.technique for step in job.steps] == ["iou_loss"]
    (problem,) = problems(recipe(("iou_loss", {})), SSD)
    assert problem.message.code == "iou_loss.other_family"
