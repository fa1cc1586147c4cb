"""Distillation: what is compared, what learns, and what must stay as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.contract.text.messages import UserError
from engine.model.assembly import assemble
from engine.technique.base import Base, Context
from engine.techniques.distill import Distill, check_teacher

CLASSES = ("circle", "square")
OWN = 40.0
"""A detector's own loss, which these kinds do not look at."""
SSD = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=CLASSES)
YOLO = DetectorChoice(key="yolov3_mobilenet_v3_large", size=96, classes=CLASSES)
PICO = DetectorChoice(key="picodet_xs", size=96, classes=CLASSES)
KINDS = [(choice, kind) for choice in (PICO, SSD) for kind in ("features", "outputs")]
KINDS += [(YOLO, "l2"), (YOLO, "fine_grained")]


def build(choice: DetectorChoice, seed: int) -> Any:
    import paddle

    paddle.seed(seed)
    model = assemble(choice)
    if choice == PICO:
        # A fresh head tells all distances alike, up to rounding.
        for layer in model.network.head.head_reg_list:
            layer.weight.set_value(layer.weight * 100)
    return model


def lesson(choice: DetectorChoice, kind: str, student: Any, teacher: Any, **params: Any) -> Any:
    context = Context(config=student.config, choice=choice)
    return Distill({"kind": kind} | params).teach(student.network, teacher.network, context)


def batch(choice: DetectorChoice) -> dict[str, Any]:
    import paddle

    rng = np.random.default_rng(3)
    size = choice.size
    box = np.array([[[0.5, 0.5, 0.4, 0.3]]] * 2, "float32")
    if choice == PICO:
        box = np.array([[[20, 20, 70, 60]]] * 2, "float32")
    made = {
        "image": paddle.to_tensor(rng.normal(size=(2, 3, size, size)).astype("float32")),
        "gt_bbox": paddle.to_tensor(box),
        "gt_class": paddle.to_tensor(np.ones((2, 1, 1) if choice == PICO else (2, 1), "int32")),
        "pad_gt_mask": paddle.ones([2, 1, 1]),
    }
    for level in range(3):
        cells = size // 32 * 2**level
        target = np.zeros((2, 3, 6 + len(CLASSES), cells, cells), "float32")
        target[:, 1, :, 1, 1] = 0.5
        made[f"target{level}"] = paddle.to_tensor(target)
    return made


def run_student(network: Any, batch: dict[str, Any], training: bool) -> Any:
    """As the training loop does, or with the student's batch norm frozen so that it can equal the teacher."""
    from paddle.nn import BatchNorm2D

    network.train()
    for layer in network.sublayers():
        if isinstance(layer, BatchNorm2D) and not training:
            layer.eval()
    return network(batch)["loss"]


@pytest.mark.parametrize(("choice", "kind"), KINDS)
def test_a_student_equal_to_its_teacher_has_nothing_to_learn(choice: DetectorChoice, kind: str) -> None:
    teacher, same, other = build(choice, 1), build(choice, 1), build(choice, 2)
    values = []
    for student in (same, other):
        with_hooks = lesson(choice, kind, student, teacher)
        run_student(student.network, batch(choice), training=False)
        terms = with_hooks.loss(batch(choice), OWN)
        assert terms and all(term.ndim == 0 for term in terms.values())
        values.append({name: float(term) for name, term in terms.items() if name != "distill_objectness"})
    assert all(abs(value) < 1e-9 for value in values[0].values()), values
    # A fresh SSD head gives almost nothing, hence the small bound.
    assert all(value > 1e-13 for value in values[1].values()), values


@pytest.mark.parametrize(("choice", "kind"), KINDS)
def test_the_student_learns_and_the_teacher_stays_as_it_was(choice: DetectorChoice, kind: str) -> None:
    student, teacher = build(choice, 1), build(choice, 2)
    with_hooks = lesson(choice, kind, student, teacher)
    before = {name: value.numpy() for name, value in teacher.network.state_dict().items()}
    statistics = {n: v.numpy() for n, v in student.network.state_dict().items() if n.endswith("_mean")}
    teacher.network.train()
    run_student(student.network, batch(choice), training=True)
    sum(with_hooks.loss(batch(choice), OWN).values()).backward()
    state = teacher.network.state_dict()
    assert all(np.array_equal(value, state[name].numpy()) for name, value in before.items())
    assert all(parameter.grad is None for parameter in teacher.network.parameters())
    first = student.network.backbone.conv1.conv.weight.grad
    assert float(first.abs().sum()) > 0
    moved = [not np.array_equal(v, student.network.state_dict()[n].numpy()) for n, v in statistics.items()]
    assert all(moved)


def test_raw_outputs_that_a_sigmoid_cannot_tell_apart_are_the_same() -> None:
    """One runaway of 641 weighed more than all the rest of a batch."""
    import paddle

    from engine.detector.train.imitation import raw_difference

    feature, wanted = paddle.zeros([1]), paddle.to_tensor([-641.0, -12.0, 3.0, 2.0])
    given = paddle.to_tensor([-14.0, -9.0, 3.0, 0.0], stop_gradient=False)
    loss = raw_difference([[feature, given]], [[feature, wanted]])
    assert float(loss) == pytest.approx((1 + 4) / 4)
    loss.backward()
    np.testing.assert_allclose(given.grad.numpy(), [0, 0.5, 0, -1])


def test_features_do_not_ask_for_equal_channels() -> None:
    import paddle

    from engine.detector.train.imitation import attention_difference

    wide = paddle.to_tensor(np.random.default_rng(0).normal(size=(2, 8, 5, 5)).astype("float32"))
    narrow = wide[:, :4]
    doubled = paddle.concat([narrow, narrow], axis=1)
    assert float(attention_difference([[narrow]], [[doubled]])) == pytest.approx(0, abs=1e-6)
    assert float(attention_difference([[narrow]], [[wide]])) > 1e-3


def test_weights_scale_their_terms_and_zero_leaves_the_outputs_out() -> None:
    student, teacher = build(SSD, 1), build(SSD, 2)
    terms = []
    for params in ({}, {"weight": 3.0}, {"outputs_weight": 0.0}):
        with_hooks = lesson(SSD, "auto", student, teacher, **params)
        run_student(student.network, batch(SSD), training=False)
        terms.append({name: float(value) for name, value in with_hooks.loss(batch(SSD), OWN).items()})
        with_hooks.close()
    assert set(terms[0]) == {"distill_features", "distill_classes", "distill_boxes"}
    assert terms[1]["distill_features"] == pytest.approx(3 * terms[0]["distill_features"], rel=1e-4)
    assert set(terms[2]) == {"distill_features"}


def test_a_limit_keeps_all_terms_together_below_a_share_of_the_detectors_loss() -> None:
    import paddle

    student, teacher = build(YOLO, 1), build(YOLO, 2)
    told = []
    for limit, own in ((0.0, 40.0), (0.5, 40.0), (0.5, 1e9)):
        with_hooks = lesson(YOLO, "fine_grained", student, teacher, limit=limit)
        run_student(student.network, batch(YOLO), training=False)
        told.append([float(value) for value in with_hooks.loss(batch(YOLO), paddle.to_tensor(own)).values()])
        with_hooks.close()
    free, bound, far = told
    assert sum(free) > 20 and sum(bound) == pytest.approx(20, rel=1e-4)
    assert [value / sum(bound) for value in bound] == pytest.approx([value / sum(free) for value in free], rel=1e-3)
    assert far == pytest.approx(free, rel=1e-4)


def test_a_closed_lesson_leaves_no_hook() -> None:
    student, teacher = build(SSD, 1), build(SSD, 2)
    lesson(SSD, "auto", student, teacher).close()
    layers = [*student.network.sublayers(), *teacher.network.sublayers()]
    assert not any(layer._forward_post_hooks for layer in layers)


def test_fine_grained_is_the_published_loss_less_its_least_value() -> None:
    import paddle
    from ppdet.slim.distill_loss import DistillYOLOv3Loss

    from engine.detector.train.imitation import split_difference

    rng = np.random.default_rng(5)
    outputs = [paddle.to_tensor(rng.normal(size=(2, 21, 4, 4)).astype("float32")) for _ in range(2)]

    class Pairs:
        """Stands where the published loss looks for the parts of the outputs."""

        def __init__(self, output: Any) -> None:
            parts = output.reshape([2, 3, 7, 4, 4]).transpose([0, 1, 3, 4, 2])
            cut = [parts[..., i : i + 1] for i in range(5)]
            self.yolo_head = self.loss = self
            self.distill_pairs = [[*cut, parts[..., 5:]]]

    published = DistillYOLOv3Loss(weight=1)
    student, teacher = (Pairs(output) for output in outputs)
    wanted = float(published(teacher, student)) - float(published(teacher, teacher))
    given, least = (
        sum(float(v) for v in split_difference([[None, s]], [[None, outputs[1]]], 2).values()) for s in outputs
    )
    assert given - least == pytest.approx(wanted, rel=1e-4)


def test_a_teacher_that_does_not_fit_is_refused() -> None:
    fitted = YOLO.model_copy(update={"anchors": tuple((float(i), float(i)) for i in range(8, 17))})
    cases = {
        "distill.other_family": (SSD, YOLO),
        "distill.other_classes": (SSD, SSD.model_copy(update={"classes": ("square", "circle")})),
        "distill.other_anchors": (YOLO, fitted),
    }
    other_priors = SSD.model_copy(update={"key": "ssd_mobilenet_v1"})
    message = check_teacher(SSD, other_priors)
    assert message is not None and message.code == "distill.other_anchors"
    for code, (student, teacher) in cases.items():
        message = check_teacher(student, teacher)
        assert message is not None and message.code == code and "{" not in message.text("zh")
    for student, key in ((YOLO, "yolov3_resnet34"), (SSD, "ssdlite_mobilenet_v1"), (PICO, "picodet_l")):
        assert check_teacher(student, student.model_copy(update={"key": key, "size": 192})) is None


def test_a_kind_of_another_family_and_a_missing_teacher_are_refused() -> None:
    assert [m.code for m in Distill({"kind": "l2"}).check([], Base(SSD))] == ["distill.kind"]
    assert Distill({}).check([], Base(SSD)) == [] == Distill({"kind": "fine_grained"}).check([], Base(YOLO))
    with pytest.raises(UserError, match="--teacher"):
        Distill({}).teach(None, None, Context(config={"family": "ssd"}, choice=SSD))
