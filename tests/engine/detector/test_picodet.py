"""PicoDet: what it learns from, that its loss stands empty pictures, and that the phone's file finds the same."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.dataset import Box, Picture
from engine.contract.figures import pick
from engine.contract.recipe import Step
from engine.contract.run.job import Precision
from tests.engine.small_detectors import TracedHere, choice_of, fresh

KEY = "picodet_xs"


def batch(boxes: Any, size: int, count: int = 2) -> dict[str, Any]:
    """A batch of noise with the same boxes (n, 4) on every picture; classes in turn, none where there are no boxes."""
    import paddle

    chance = np.random.default_rng(0)
    rows = np.asarray(boxes, np.float32).reshape(-1, 4)
    padded = rows if len(rows) else np.zeros((1, 4), np.float32)
    classes = (np.arange(len(padded)) % 3)[:, None]
    one = {
        "gt_bbox": padded,
        "gt_class": classes.astype(np.int32),
        "gt_score": np.ones((len(padded), 1), np.float32),
        "pad_gt_mask": np.full((len(padded), 1), float(len(rows) > 0), np.float32),
    }
    made = {name: np.stack([value] * count) for name, value in one.items()}
    made["image"] = chance.normal(size=(count, 3, size, size)).astype(np.float32)
    return {name: paddle.to_tensor(value) for name, value in made.items()}


def separated(size: int) -> tuple[Any, Any]:
    """A network whose cells find different things, unlike a fresh one's: equal scores could come in any order."""
    import paddle

    from engine.detector.change.surgery import renew_statistics

    def noise() -> Any:
        return (np.random.default_rng(n).normal(size=(1, 3, size, size)).astype(np.float32) for n in range(16))

    paddle.seed(1)
    network, config = fresh(KEY, size)
    renew_statistics(network, noise, 8)
    for layers, factor in ((network.head.head_cls_list, 40), (network.head.head_reg_list, 20)):
        for layer in layers:
            layer.weight.set_value(layer.weight * factor)
    return network, config


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Path]:
    """Such a network with its configuration and its program."""
    from engine.detector.network.program import save_program

    network, config = separated(96)
    return network, config, save_program(network, config, tmp_path_factory.mktemp("separated") / "program")


def test_that_the_loss_falls_under_both_ways_to_give_cells_to_objects() -> None:
    import paddle

    paddle.seed(0)
    network, _ = fresh(KEY, 96)
    data = batch([[10, 10, 50, 50], [40, 50, 90, 90]], 96)
    optimiser = paddle.optimizer.Adam(2e-3, parameters=network.parameters())
    for progress in (0.0, 0.5):
        network.head.progress = progress
        values = []
        for _ in range(8):
            losses = network(data)
            losses["loss"].backward()
            optimiser.step()
            optimiser.clear_grad()
            assert {value.ndim for value in losses.values()} == {0}
            values.append(float(losses["loss"]))
        assert set(losses) == {"loss", "loss_vfl", "loss_bbox", "loss_dfl"}
        assert all(float(losses[name]) > 0 for name in losses)
        # To 0.42 to 0.49 of it in the first way and to 0.69 to 0.86 in the second, with ten other seeds.
        assert np.mean(values[-2:]) < np.mean(values[:2])


@pytest.mark.parametrize("boxes", [[], [[10.1, 10.1, 10.3, 10.3]]], ids=["no box", "a box between cells"])
def test_that_a_batch_in_which_no_cell_has_an_object_has_a_finite_loss(boxes: Any) -> None:
    network, _ = fresh(KEY)
    for progress in (0.0, 0.9):
        network.head.progress = progress
        losses = network(batch(boxes, 96))
        losses["loss"].backward()
        assert np.isfinite(float(losses["loss"])) and float(losses["loss_bbox"]) == 0
        gradients = [p.grad.numpy() for p in network.parameters() if p.grad is not None]
        assert gradients and all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize(("size", "topk"), [(96, 4), (128, 4), (160, 9), (640, 9)])
def test_that_no_more_candidates_are_looked_for_than_the_smallest_map_has_cells(size: int, topk: int) -> None:
    from engine.detector.base.spec import resolve

    assert resolve(choice_of(KEY, size))["head"]["static_assigner"]["topk"] == topk


def test_that_a_training_tells_the_head_how_far_it_is() -> None:
    from engine.detector.families.raw import tell_progress

    network, _ = fresh(KEY)
    tell_progress(network, 0.75)
    assert network.head.progress == 0.75
    tell_progress(fresh("ssdlite_mobilenet_v3_small")[0], 0.75)


def test_that_batches_hold_boxes_in_pixels_and_say_which_are_real(tmp_path: Path) -> None:
    import cv2

    from engine.detector.base.spec import resolve
    from engine.detector.train.reader import TrainingReader

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((50, 100, 3), np.uint8))
    path = str(tmp_path / "a.png")
    boxes = ((), (Box(1, 10, 10, 60, 40), Box(2, 0, 0, 100, 50)))
    pictures = [Picture(n, path, 100, 50, "train", "", found) for n, found in enumerate(boxes)]
    reader = TrainingReader(pictures, resolve(choice_of(KEY)), batch_size=2, seed=0, augment="none")
    made = reader.batch([reader.sample(picture, 0) for picture in pictures])
    assert made["pad_gt_mask"].tolist() == [[[0], [0]], [[1], [1]]]
    assert made["gt_class"].tolist() == [[[0], [0]], [[1], [2]]]
    np.testing.assert_allclose(made["gt_bbox"][1, 0], [9.6, 19.2, 57.6, 76.8], rtol=1e-5)
    alone = reader.batch([reader.sample(pictures[0], 0)])
    assert alone["gt_bbox"].shape == (1, 1, 4) and alone["pad_gt_mask"].sum() == 0


def test_that_predictions_of_ppdet_and_of_the_exported_file_are_the_same(saved: Any, tmp_path: Path) -> None:
    import paddle

    from engine.detector.predict.evaluation import network_predictor
    from engine.detector.predict.pictures import to_inputs
    from engine.lite.opt import optimise
    from engine.lite.parity import match
    from engine.lite.predictor import Predictor

    network, config, program = saved
    optimise(program, tmp_path / "model.nb", target="x86", precision="fp32")
    chance = np.random.default_rng(0)
    with Predictor(tmp_path / "model.nb") as exported, paddle.no_grad():
        assert exported.inputs == ["image", "scale_factor"]
        for _ in range(3):
            inputs = to_inputs(chance.integers(0, 256, (60, 200, 3), np.uint8), config)
            (wanted,), (given,) = (run(inputs) for run in (network_predictor(network), exported.detect))
            found = match(wanted, given)
            assert found.boxes > 5 and found.unmatched == 0
            assert found.box_px < 0.01 and found.score < 1e-4


def test_that_a_file_with_packed_weights_finds_the_same_boxes(saved: Any, tmp_path: Path) -> None:
    """Packed too, the vector that decodes distances once put every box 1e22 pixels away."""
    from engine.detector.predict.pictures import to_inputs
    from engine.lite.opt import optimise
    from engine.lite.predictor import Predictor

    _, config, program = saved
    for weights in ("fp32", "int8"):
        optimise(program, tmp_path / f"{weights}.nb", target="x86", precision=weights)
    assert (tmp_path / "int8.nb").stat().st_size < 0.5 * (tmp_path / "fp32.nb").stat().st_size
    inputs = to_inputs(np.random.default_rng(0).integers(0, 256, (60, 200, 3), np.uint8), config)
    with Predictor(tmp_path / "fp32.nb") as plain, Predictor(tmp_path / "int8.nb") as packed:
        (wanted,), (given,) = (run.detect(inputs) for run in (plain, packed))
    apart = np.abs(wanted[:, None, 2:] - given[None, :, 2:]).max(axis=2)
    apart[wanted[:, None, 0] != given[None, :, 0]] = np.inf
    assert len(wanted) > 50 and np.median(apart.min(axis=1)) < 0.5


def test_that_boxes_lie_where_the_distances_of_a_cell_say() -> None:
    """One cell alone sees something: its box goes from its middle as far as the head says, in the picture's pixels."""
    import paddle

    network, _ = fresh(KEY, 96)
    head = network.head
    for layers in (head.head_cls_list, head.head_reg_list):
        for layer in layers:
            layer.weight.set_value(paddle.zeros_like(layer.weight))
    # All mass on 3 strides to each side; classes are seen on the map of stride 32 alone.
    for level, (classes, sides) in enumerate(zip(head.head_cls_list, head.head_reg_list, strict=True)):
        classes.bias.set_value(paddle.full([3], 9.0 if level == 2 else -40.0))
        sides.bias.set_value(paddle.to_tensor(([-90.0] * 3 + [90.0] + [-90.0] * 4) * 4))
    network.eval()
    inputs = {
        "image": paddle.zeros([1, 3, 96, 96]),
        "im_shape": paddle.full([1, 2], 96.0),
        "scale_factor": paddle.to_tensor([[0.5, 2.0]]),  # the picture is 192 high and 48 wide
    }
    rows = network(inputs)["bbox"].numpy()
    middles = {tuple(np.round((row[2:4] + row[4:6]) / 2, 3)) for row in rows}
    assert middles <= {(x / 2, y * 2) for x in (16, 48, 80) for y in (16, 48, 80)}
    np.testing.assert_allclose(rows[:, 4:6] - rows[:, 2:4], [[192 / 2, 192 * 2]] * len(rows), rtol=1e-4)


def test_that_int8_makes_the_phones_file_small(tmp_path: Path) -> None:
    """34 % of fp32: much of it is the program."""
    from engine.detector.predict.pictures import to_inputs
    from engine.model.assembly import assemble, extend
    from engine.model.export import export_model
    from engine.technique.base import Calibration, Context

    int8 = Step(technique="quant_aware")
    sizes = []
    runs: list[tuple[tuple[Step, ...], Precision]] = [((), "fp32"), ((int8,), "int8")]
    for steps, precision in runs:
        model = assemble(choice_of("picodet_s", classes=80))
        inputs = to_inputs(np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8), model.config)
        calibration = Calibration(partial(repeat, inputs, 2), 2)
        model = extend(model, steps, Context(model.config, model.choice, calibration))
        out = tmp_path / precision
        made = export_model(model, target="arm", precision=precision, out=out, calibration=calibration)
        figures = TracedHere.of_steps(choice_of("picodet_s", classes=80), steps).figures()
        told = pick(figures, "nb_bytes", precision=precision)
        assert told is not None and told.low is not None and told.high is not None
        assert told.low <= made.nb.stat().st_size <= told.high
        sizes.append(made.nb.stat().st_size)
    assert made.kernels["int8"] > 60
    assert sizes[1] <= 0.36 * sizes[0]
