"""Distillation of maps before the head (PKD, CWD): what is compared, what learns, and that it drowns nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.text.messages import UserError
from engine.model.assembly import assemble, extend
from engine.technique.base import Base, Context
from engine.techniques.distill import Distill
from tests.engine.small_detectors import stir

CLASSES = ("circle", "square")
KEYS = ("ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v3_large", "picodet_xs", "faster_rcnn_mobilenet_v3_fpn")
NARROWER = {
    "ssdlite_mobilenet_v3_small": Step(technique="filter_prune", params={"ratio": 0.5}),
    "yolov3_mobilenet_v3_large": Step(technique="filter_prune", params={"preset": "head86"}),
    "picodet_xs": Step(technique="filter_prune", params={"ratio": 0.5}),
    "faster_rcnn_mobilenet_v3_fpn": Step(technique="neck_channels", params={"channels": 24}),
}


def choice_of(key: str, size: int = 96) -> DetectorChoice:
    return DetectorChoice(key=key, size=size, classes=CLASSES)


def build(key: str, seed: int, *steps: Step) -> Any:
    import paddle

    paddle.seed(seed)
    model = assemble(choice_of(key))
    stir(model.network, seed)  # the maps of a fresh network in evaluation are next to nothing
    return extend(model, steps)


def lesson(kind: str, student: Any, teacher: Any, **params: Any) -> Any:
    context = Context(config=student.config, choice=student.choice, teacher=teacher.config)
    return Distill({"kind": kind} | params).teach(student.network, teacher.network, context)


def batch(key: str) -> dict[str, Any]:
    """Two noisy pictures with a box each, as the reader would give them to the family."""
    import paddle

    pixels = "picodet" in key or "rcnn" in key
    made = {
        "image": paddle.to_tensor(np.random.default_rng(3).normal(size=(2, 3, 96, 96)).astype("float32")),
        "gt_bbox": paddle.to_tensor([[[20, 20, 70, 60]]] * 2 if pixels else [[[0.5, 0.5, 0.4, 0.3]]] * 2, "float32"),
        "gt_class": paddle.ones([2, 1, 1] if pixels else [2, 1], "int32"),
        "pad_gt_mask": paddle.ones([2, 1, 1]),
        "im_shape": paddle.full([2, 2], 96.0),
        "scale_factor": paddle.ones([2, 2]),
    }
    for level, cells in enumerate((3, 6, 12)):
        target = np.zeros((2, 3, 6 + len(CLASSES), cells, cells), "float32")
        target[:, 1, :, 1, 1] = 0.5
        made[f"target{level}"] = paddle.to_tensor(target)
    return made


def noise(*shape: int, seed: int = 0) -> Any:
    import paddle

    return paddle.to_tensor(np.random.default_rng(seed).normal(size=shape).astype("float32"))


def test_pearsons_correlation_is_blind_to_scale_and_shift_of_each_channel() -> None:
    import paddle

    from engine.detector.train.map_imitation import correlation_difference

    wanted, other = noise(4, 6, 5, 5), noise(4, 6, 5, 5, seed=1)
    scale, shift = noise(1, 6, 1, 1, seed=2).abs() + 0.2, noise(1, 6, 1, 1, seed=3) * 50
    assert float(correlation_difference(wanted, wanted)) == 0
    assert float(correlation_difference(wanted * scale + shift, wanted)) == pytest.approx(0, abs=1e-6)
    assert float(correlation_difference(-wanted, wanted)) == pytest.approx(2, rel=1e-4)
    rows = [one.numpy().transpose(1, 0, 2, 3).reshape(6, -1) for one in (other, wanted)]
    pearson = [np.corrcoef(given, theirs)[0, 1] for given, theirs in zip(*rows, strict=True)]
    assert float(correlation_difference(other, wanted)) == pytest.approx(1 - np.mean(pearson), rel=1e-4)
    dead = paddle.concat([other[:, :3], paddle.zeros([4, 3, 5, 5])], axis=1)
    dead.stop_gradient = False
    correlation_difference(dead, wanted).backward()
    assert np.isfinite(dead.grad.numpy()).all()


def test_channel_wise_is_the_papers_divergence_as_a_share_of_that_from_a_flat_map() -> None:
    import paddle

    from engine.detector.train.map_imitation import TEMPERATURE, cell_divergence

    wanted, other = noise(2, 6, 5, 5) * 3, noise(2, 6, 5, 5, seed=1) * 2
    assert float(cell_divergence(wanted + noise(1, 6, 1, 1, seed=2) * 50, wanted)) == pytest.approx(0, abs=1e-5)
    assert float(cell_divergence(paddle.zeros_like(wanted), wanted)) == pytest.approx(1, rel=1e-4)
    given, theirs = (np.exp(one.numpy().reshape(12, 25).astype(float) / TEMPERATURE) for one in (other, wanted))
    given, theirs = (one / one.sum(axis=1, keepdims=True) for one in (given, theirs))
    told, flat = ((theirs * np.log(theirs / one)).sum() for one in (given, 1 / 25))
    assert float(cell_divergence(other, wanted)) == pytest.approx(told / flat, rel=1e-4)
    one_cell = noise(2, 6, 1, 1)
    assert float(cell_divergence(one_cell * 2, one_cell)) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["pkd", "cwd"])
def test_a_step_trains_student_and_adaptor_and_leaves_the_teacher_as_it_was(key: str, kind: str) -> None:
    from engine.contract.run.settings import TrainSettings
    from engine.detector.train.lesson import trained
    from engine.detector.train.optimiser import make_optimiser

    student, teacher = build(key, 1, NARROWER[key]), build(key, 2)
    names = set(student.network.state_dict())
    before = {name: value.numpy() for name, value in teacher.network.state_dict().items()}
    taught = lesson(kind, student, teacher)
    optimiser = make_optimiser(trained(student.network, [taught]), TrainSettings(learning_rate=0.01))
    teacher.network.train()
    student.network.train()
    own = student.network(batch(key))["loss"]
    ((name, term),) = taught.loss(batch(key), own).items()
    assert name == f"distill_{kind}" and term.ndim == 0 and 0 < float(term) <= 0.5 * float(own) * 1.0001
    begun = {name: weight.numpy() for name, weight in taught.learns.named_parameters()}
    assert begun and all(weight.any() for weight in begun.values())
    term.backward()
    assert float(student.network.backbone.conv1.conv.weight.grad.abs().sum()) > 0
    optimiser.step()
    moved = [not np.array_equal(begun[name], weight.numpy()) for name, weight in taught.learns.named_parameters()]
    assert all(moved)
    state = teacher.network.state_dict()
    assert all(np.array_equal(value, state[name].numpy()) for name, value in before.items())
    assert all(parameter.grad is None for parameter in teacher.network.parameters())
    assert set(student.network.state_dict()) == names, "the adaptors are no part of the student"
    taught.close()
    assert not any(layer._forward_post_hooks for layer in student.network.sublayers())


@pytest.mark.parametrize("kind", ["pkd", "cwd"])
def test_equal_networks_have_nothing_to_learn_and_need_no_adaptor(kind: str) -> None:
    import paddle
    from paddle.nn import BatchNorm2D

    student, teacher = build(KEYS[0], 1), build(KEYS[0], 1)
    taught = lesson(kind, student, teacher)
    student.network.train()
    for layer in student.network.sublayers():
        if isinstance(layer, BatchNorm2D):
            layer.eval()
    student.network(batch(KEYS[0]))
    (term,) = taught.loss(batch(KEYS[0]), paddle.to_tensor(40.0)).values()
    assert float(term) == pytest.approx(0, abs=1e-4)
    assert taught.learns.parameters() == []


def test_the_term_follows_the_detectors_loss_and_never_exceeds_it() -> None:
    """Whether a family sums its loss over a picture or averages it, and whatever weight is asked for."""
    import paddle

    student, teacher = build(KEYS[2], 1), build(KEYS[2], 2)
    told = []
    for own, weight in ((1.0, 1.0), (500.0, 1.0), (500.0, 0.5), (500.0, 100.0)):
        for kind in ("pkd", "cwd"):
            taught = lesson(kind, student, teacher, weight=weight)
            student.network.train()
            student.network(batch(KEYS[2]))
            told.append(float(taught.loss(batch(KEYS[2]), paddle.to_tensor(own))[f"distill_{kind}"]) / own)
            taught.close()
    for first, same, half, most in (told[::2], told[1::2]):
        assert 0 < first <= 0.5 + 1e-6 and most <= 1 + 1e-6
        assert same == pytest.approx(first, rel=1e-3) and half == pytest.approx(first / 2, rel=1e-3)


def test_a_beginning_adaptor_explains_what_can_be_explained() -> None:
    """A student that has a mixture of the teacher's channels, at other scales, starts with nothing to learn."""
    import paddle

    from engine.detector.train.map_imitation import Adaptors, cell_divergence, correlation_difference

    narrow = noise(4, 8, 9, 9)
    mixed = paddle.nn.functional.conv2d(narrow, noise(12, 8, 1, 1, seed=1))
    given = narrow * (noise(1, 8, 1, 1, seed=2).abs() + 0.1) + 3
    adaptors = Adaptors([(8, 12)])
    adaptors.fit([given], [mixed])
    for difference in (correlation_difference, cell_divergence):
        assert float(difference(adaptors([given])[0], mixed)) < 0.02
    begun = adaptors.adaptor0.numpy()
    adaptors.fit([narrow], [mixed])
    assert np.array_equal(adaptors.adaptor0.numpy(), begun), "it begins once"


def test_a_teacher_sees_the_pictures_as_it_was_trained_to() -> None:
    from engine.detector.train.map_imitation import Inputs

    ours, theirs = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.2, 0.3]}, {"mean": [0.5] * 3, "std": [0.5] * 3}
    pixels = np.random.default_rng(0).random((2, 3, 4, 4)).astype("float32")

    def seen(config: dict[str, list[float]]) -> Any:
        return (pixels - np.reshape(config["mean"], (3, 1, 1))) / np.reshape(config["std"], (3, 1, 1))

    import paddle

    image = paddle.to_tensor(seen(ours).astype("float32"))
    np.testing.assert_allclose(Inputs(ours, theirs).for_teacher(image).numpy(), seen(theirs), atol=1e-5)
    assert Inputs(ours, ours).for_teacher(image) is image


def test_maps_of_one_size_teach_each_other_and_those_of_none_are_refused() -> None:
    from engine.detector.train.map_imitation import _matching

    assert _matching([(24, 6), (48, 3), (48, 2), (8, 1)], [(64, 12), (64, 6), (64, 3), (8, 1)]) == [(0, 1), (1, 2)]
    student, teacher = build(KEYS[0], 1), build("ssd_mobilenet_v1", 2)
    assert lesson("pkd", student, teacher).learns.parameters()

    class Odd:
        """A teacher of no map that the student has."""

        config = teacher.config

        class network:  # noqa: N801
            backbone = staticmethod(lambda inputs: [noise(1, 8, 7, 7)])
            sublayers: Any = staticmethod(lambda include_self=False: [])
            eval = staticmethod(lambda: None)

    with pytest.raises(UserError) as refused:
        lesson("pkd", student, Odd)
    assert refused.value.message.code == "distill.no_shared_map"
    assert all("7" in refused.value.message.text(language) for language in ("en", "zh"))


def test_which_teachers_are_admitted() -> None:
    """Maps may come of a network with other priors, anchors or classes; of another family they may not."""
    ssd, yolo = choice_of(KEYS[0]), choice_of(KEYS[1])
    fitted = yolo.model_copy(update={"anchors": tuple((float(i), float(i)) for i in range(8, 17))})
    for kind in ("pkd", "cwd"):
        technique = Distill({"kind": kind})
        assert technique.admits_teacher(ssd, choice_of("ssd_mobilenet_v1", 192)) is None
        assert technique.admits_teacher(yolo, fitted.model_copy(update={"key": "yolov3_resnet34"})) is None
        refused = technique.admits_teacher(ssd, yolo)
        assert refused is not None and refused.code == "distill.other_family"
        assert all(technique.check([], Base(choice_of(key))) == [] for key in KEYS)
    assert Distill({"kind": "l2"}).admits_teacher(yolo, fitted) is not None
