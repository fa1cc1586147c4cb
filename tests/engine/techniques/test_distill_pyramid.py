"""Distillation of pyramids: FGD for PicoDet against its formula, feature mimic for R-CNN, and what must stay still."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.model.assembly import assemble
from engine.technique.base import Base, Context
from engine.techniques.distill import Distill

CLASSES = ("circle", "square")
OWN = 40.0
"""A detector's own loss, which these kinds do not look at."""
PICO = DetectorChoice(key="picodet_xs", size=96, classes=CLASSES)
WIDE_PICO = PICO.model_copy(update={"key": "picodet_m"})
RCNN = DetectorChoice(key="faster_rcnn_mobilenet_v3_fpn", size=96, classes=CLASSES)
CASES = [(PICO, "fgd"), (RCNN, "auto")]
NARROW = (Step(technique="neck_channels", params={"channels": 24}),)


def build(choice: DetectorChoice, seed: int, steps: Any = ()) -> Any:
    import paddle

    paddle.seed(seed)
    return assemble(choice, steps, [None] * len(steps))


def lesson(choice: DetectorChoice, kind: str, student: Any, teacher: Any, **params: Any) -> Any:
    context = Context(config=student.config, choice=choice)
    return Distill({"kind": kind} | params).teach(student.network, teacher.network, context)


def batch() -> dict[str, Any]:
    import paddle

    image = np.random.default_rng(3).normal(size=(2, 3, 96, 96)).astype("float32")
    return {
        "image": paddle.to_tensor(image),
        "gt_bbox": paddle.to_tensor([[[20, 20, 70, 60]], [[0, 0, 40, 90]]], dtype="float32"),
        "gt_class": paddle.ones([2, 1, 1], "int32"),
        "pad_gt_mask": paddle.ones([2, 1, 1]),
        "im_shape": paddle.full([2, 2], 96.0),
        "scale_factor": paddle.ones([2, 2]),
    }


def run_frozen(network: Any) -> None:
    """The pyramid in training, but with batch norm frozen, so that a student can equal its teacher."""
    from paddle.nn import BatchNorm2D

    network.train()
    for layer in network.sublayers():
        if isinstance(layer, BatchNorm2D):
            layer.eval()
    network.neck(network.backbone(batch()))


@pytest.mark.parametrize(("choice", "kind"), CASES)
def test_an_equal_student_has_nothing_to_learn_and_the_weight_scales_the_rest(
    choice: DetectorChoice, kind: str
) -> None:
    teacher, student = build(choice, 1), build(choice, 1)
    first, values = next(iter(student.network.backbone.parameters())), []
    for share, weight in ((1.0, 1.0), (0.5, 1.0), (1.0, 3.0)):
        first.set_value(first * share)
        with_hook = lesson(choice, kind, student, teacher, weight=weight)
        run_frozen(student.network)
        (term,) = with_hook.loss(batch(), OWN).values()
        with_hook.close()
        assert term.ndim == 0
        values.append(float(term))
    assert values[0] == 0 and values[1] > 1e-6, values
    assert values[2] == pytest.approx(3 * values[1], rel=1e-4)
    assert not any(layer._forward_post_hooks for layer in student.network.sublayers())


@pytest.mark.parametrize(("choice", "kind"), CASES)
def test_the_student_learns_and_the_teacher_stays_as_it_was(choice: DetectorChoice, kind: str) -> None:
    student = build(choice, 1, NARROW if choice == RCNN else ())
    teacher = build(WIDE_PICO if choice == PICO else RCNN, 2)
    names = set(student.network.state_dict())
    before = {name: value.numpy() for name, value in teacher.network.state_dict().items()}
    with_hook = lesson(choice, kind, student, teacher)
    teacher.network.train()
    student.network.train()
    student.network(batch())
    sum(with_hook.loss(batch(), OWN).values()).backward()
    state = teacher.network.state_dict()
    assert all(np.array_equal(value, state[name].numpy()) for name, value in before.items())
    assert all(parameter.grad is None for parameter in teacher.network.parameters())
    assert float(student.network.backbone.conv1.conv.weight.grad.abs().sum()) > 0
    assert set(student.network.state_dict()) == names, "the projection is not part of what is saved"


def attention(x: Any) -> tuple[Any, Any]:
    """FGD's attention of a map [C, H, W] at temperature 0.5: where [H, W] and in which channels [C]."""
    where = np.exp(np.abs(x).mean(axis=0) / 0.5)
    which = np.exp(np.abs(x).mean(axis=(1, 2)) / 0.5)
    return where / where.sum() * where.size, which / which.sum() * len(which)


def test_fgd_is_the_formula_of_the_paper_on_a_case_made_by_hand() -> None:
    import paddle

    from engine.detector.train.pyramid_imitation import focal_difference

    student, teacher = np.random.default_rng(5).normal(size=(2, 4, 6, 6))
    # Boxes in pixels of a 48 px picture, 8 px to a cell: ppdet counts the cells that their last edge begins, too.
    boxes = [[0.0, 8.0, 16.0, 24.0], [32.0, 32.0, 39.0, 39.0], [0.0, 0.0, 0.0, 0.0]]
    front = np.zeros((6, 6))
    front[1:4, 0:3] = 1 / 9
    front[4:6, 4:6] = 1 / 4
    back = (front == 0) / (front == 0).sum()
    where, which = attention(teacher)
    own_where, own_which = attention(student)
    gap = (student - teacher) ** 2
    focus = where[None] * which[:, None, None] * gap
    wanted = 0.001 * (front * focus).sum() + 0.0005 * (back * focus).sum() + 5e-6 * gap.sum()
    wanted += 0.001 * (np.abs(own_where - where).sum() + np.abs(own_which - which).sum())
    tensors = [paddle.to_tensor(one[None].astype("float32")) for one in (student, teacher)]
    known = {"image": paddle.zeros([1, 3, 48, 48]), "gt_bbox": paddle.to_tensor([boxes])}
    given = focal_difference(tensors[:1], tensors[1:], known)
    assert float(given) == pytest.approx(wanted, rel=1e-4)
    moved = known | {"gt_bbox": paddle.to_tensor([[[8.0, 8.0, 24.0, 24.0]]])}
    assert float(focal_difference(tensors[:1], tensors[1:], moved)) != pytest.approx(wanted, rel=1e-4)
    none = known | {"gt_bbox": paddle.zeros([1, 1, 4])}
    assert 0 < float(focal_difference(tensors[:1], tensors[1:], none)) < wanted


def test_ppdets_blocks_of_global_context_cannot_leave_their_start() -> None:
    """Why they are constants here: of all their weights only the last bias would ever get a gradient."""
    import paddle
    from ppdet.slim.distill_loss import FGDFeatureLoss

    loss = FGDFeatureLoss(4, 4)
    student, teacher = (paddle.randn([2, 4, 5, 5]) for _ in range(2))
    loss.relation_loss(student, teacher).backward()
    moved = {name for name, one in loss.named_parameters() if one.grad is not None and float(one.grad.abs().sum()) > 0}
    assert moved == {"stu_conv_block.3.bias", "tea_conv_block.3.bias"}


def test_other_widths_are_compared_by_what_the_students_channels_explain() -> None:
    import paddle

    from engine.detector.train.pyramid_imitation import mimic_difference

    rng = np.random.default_rng(0)
    narrow, strange = ([paddle.to_tensor(rng.normal(size=(2, 4, 9, 9)).astype("float32"))] for _ in range(2))
    mixed = [paddle.concat([narrow[0], -narrow[0]], axis=1)]
    assert float(mimic_difference(narrow, mixed)) == pytest.approx(0, abs=1e-4)
    assert 0.8 < float(mimic_difference(strange, mixed)) < 1
    strange[0].stop_gradient = False
    mimic_difference(strange, mixed).backward()
    closer = [strange[0].detach() - strange[0].grad * 10]
    assert float(mimic_difference(closer, mixed)) < float(mimic_difference(strange, mixed))


def test_a_kind_of_another_family_is_refused() -> None:
    yolo = PICO.model_copy(update={"key": "yolov3_mobilenet_v1"})
    ssd = PICO.model_copy(update={"key": "ssdlite_mobilenet_v3_small"})
    for kind, choice in (("fgd", yolo), ("fgd", RCNN), ("fine_grained", ssd), ("outputs", RCNN), ("l2", PICO)):
        (message,) = Distill({"kind": kind}).check([], Base(choice))
        assert message.code == "distill.kind"
        assert all(kind in message.text(language) and "auto" in message.text(language) for language in ("en", "zh"))


def test_pyramids_of_other_levels_are_compared_where_both_have_a_map() -> None:
    """A student without C5 learns at strides 4 to 32 from a teacher with 4 to 64."""
    from engine.detector.train.pyramid_imitation import PyramidLesson

    seen: list[tuple[Any, Any]] = []

    def terms(given: Any, wanted: Any, _: Any) -> dict[str, Any]:
        seen.extend((tuple(one.shape), tuple(other.shape)) for one, other in zip(given, wanted, strict=True))
        return {}

    student, teacher = build(RCNN, 1, (Step(technique="neck_levels", params={}),)), build(RCNN, 2)
    taught = PyramidLesson(student.network, teacher.network, terms)
    student.network.train()
    student.network.neck(student.network.backbone(batch()))
    taught.loss(batch(), OWN)
    assert seen == [((2, 256, side, side),) * 2 for side in (24, 12, 6, 3)]
    assert [shape.stride for shape in teacher.network.neck.out_shape] == [4, 8, 16, 32, 64]
