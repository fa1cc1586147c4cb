"""Two-stage detectors: counted, trained, saved as a program that finds the same, converted for arm alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli.verbs.preview import row
from engine.contract.figures import pick
from engine.contract.recipe import Recipe, Step
from engine.contract.text.messages import UserError
from engine.detector.base.spec import Config, resolve
from engine.detector.families.build import build
from engine.detector.network.counts import count_by_hooks
from engine.detector.network.trace import trace
from engine.graph.count import conv_macs, macs, params, roi_count
from engine.graph.size import nb_size
from engine.model.export import refuse_detector
from engine.recipe.plan import problems
from engine.recipe.preview import graph_figures
from tests.engine.small_detectors import choice_of

FASTER, CASCADE = "faster_rcnn_mobilenet_v3_fpn", "cascade_rcnn_mobilenet_v3_fpn"
SIZE = 96


def small(key: str, **head: Any) -> Config:
    """A configuration that is quick: few channels, a narrow head, few RoIs."""
    config = resolve(choice_of(key, SIZE))
    config["neck"]["out_channel"] = 16
    config["head"] |= {"width": 64, **head}
    config["head"]["targets"]["batch_size_per_im"] = 64
    config["rpn"]["train"] |= {"pre_nms_top_n": 200, "post_nms_top_n": 100}
    config["rpn"]["test"] |= {"pre_nms_top_n": 100, "post_nms_top_n": 20}
    return config


def shown(place: tuple[int, int, int, int], class_id: int) -> dict[str, np.ndarray]:
    """A training sample that is a bright box on a dull picture; boxes are padded as the reader pads them."""
    image = np.random.default_rng(0).normal(size=(3, SIZE, SIZE)).astype(np.float32) * 0.2
    x1, y1, x2, y2 = place
    image[class_id, y1:y2, x1:x2] += 2
    boxes, kinds = np.zeros((9, 4), np.float32), np.zeros((9, 1), np.int32)
    boxes[0], kinds[0] = place, class_id
    return {"image": image, "gt_bbox": boxes, "gt_class": kinds}


PLACES = ((10, 10, 50, 60), (50, 30, 90, 80))


def batch(scale: tuple[tuple[float, float], ...] = ((1.0, 1.0), (1.0, 1.0))) -> dict[str, Any]:
    """Two samples as the training loop hands them over."""
    import paddle

    samples = [shown(place, number) for number, place in enumerate(PLACES)]
    arrays = {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}
    arrays |= {"im_shape": np.full((2, 2), SIZE, np.float32), "scale_factor": np.array(scale, np.float32)}
    return {name: paddle.to_tensor(value) for name, value in arrays.items()}


def train(network: Any, steps: int) -> list[float]:
    """The loss at each step."""
    import paddle

    optimiser = paddle.optimizer.Adam(1e-3, parameters=network.parameters())
    losses = []
    network.train()
    for step in range(steps):
        if step == steps * 2 // 3:
            optimiser.set_lr(1e-4)
        paddle.seed(step)
        loss = network(batch())["loss"]
        loss.backward()
        optimiser.step()
        optimiser.clear_grad()
        losses.append(float(loss))
    return losses


def found(network: Any, scale: Any = ((1.0, 1.0), (1.0, 1.0))) -> list[np.ndarray]:
    """Rows of class, score and corners for each of the two pictures."""
    import paddle

    network.eval()
    with paddle.no_grad():
        told = network(batch(scale))
    return np.split(told["bbox"].numpy(), np.cumsum(told["bbox_num"].numpy())[:-1])


def overlap(one: Any, other: Any) -> float:
    """Intersection over union."""
    edges = np.array([one, other])
    sides = (edges[:, 2:].min(axis=0) - edges[:, :2].max(axis=0)).clip(0)
    return float(sides.prod() / ((edges[:, 2:] - edges[:, :2]).prod(axis=1).sum() - sides.prod()))


@pytest.fixture(scope="module")
def trained() -> tuple[Any, Config, list[float]]:
    import paddle

    from engine.detector.change.surgery import renew_statistics

    paddle.seed(0)
    config = small(FASTER)
    network = build(config)
    losses = train(network, 60)
    # The averages of batch norm are far behind after so few steps.
    renew_statistics(network, lambda: np.split(batch()["image"].numpy(), 2))
    return network, config, losses


@pytest.mark.parametrize("key", [FASTER, CASCADE])
def test_that_the_graph_counts_what_the_hooks_count_box_heads_included(key: str) -> None:
    config = small(key)
    network = build(config)
    graph = trace(network, config)
    assert (macs(graph), conv_macs(graph), params(graph)) == tuple(count_by_hooks(network, config))
    assert roi_count(graph) == 20
    figures = graph_figures(graph)
    assert [getattr(pick(figures, name), "conditions").rois for name in ("macs", "conv_macs")] == [20, None]  # noqa: B009
    assert [row(figures, figure)[-1] for figure in figures][:2] == ["computed, box head on 20 regions", "computed"]
    heads = 3 if key == CASCADE else 1
    linear = 16 * 49 * 64 + 64 * 64 + 64 * (3 + 1) + 64 * 4 * (1 if key == CASCADE else 3)
    assert macs(graph) - conv_macs(graph) == 20 * heads * linear


def test_that_48_channels_at_320_px_have_the_published_count_of_convolutions() -> None:
    config = resolve(choice_of(FASTER, 320, 80))
    config["neck"]["out_channel"] = 48
    assert count_by_hooks(build(config), config).conv_macs == pytest.approx(0.80e9, rel=0.005)


def test_that_two_builds_in_one_process_are_alike_and_one_step_draws_the_same_regions() -> None:
    import paddle

    losses = []
    for _ in range(2):
        paddle.seed(3)
        network = build(small(FASTER))
        paddle.seed(4)
        losses.append({name: float(value) for name, value in network(batch()).items()})
    assert losses[0] == losses[1]


def test_that_training_lowers_the_loss_and_finds_what_is_there(trained: Any) -> None:
    """Of one training 3 to 13 % of the loss were left, as the last bits of a multiplication were rounded."""
    network, _, losses = trained
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    for number, (rows, place) in enumerate(zip(found(network), PLACES, strict=True)):
        best = rows[rows[:, 1].argmax()]
        assert best[0] == number and overlap(best[2:], place) > 0.3  # 0.7 and more


def test_that_boxes_are_in_pixels_of_the_picture(trained: Any) -> None:
    network, _, _ = trained
    # The pictures were 4 and 2 times as wide, twice as high and as high as the input.
    larger = found(network, ((0.5, 0.25), (1.0, 0.5)))
    for rows, given, (across, down) in zip(found(network), larger, ((4, 2), (2, 1)), strict=True):
        np.testing.assert_allclose(given, rows * [1, 1, across, down, across, down], rtol=1e-4)


def test_that_a_cascade_trains_and_its_stages_are_told_apart() -> None:
    network = build(small(CASCADE))
    losses = train(network, 6)
    assert losses[-1] < 0.8 * losses[0]  # 0.47, whatever the last bits
    assert {f"loss_bbox_reg_stage{stage}" for stage in range(3)} < network(batch()).keys()


def test_that_the_saved_program_finds_the_same_and_lite_takes_it_for_arm(trained: Any, tmp_path: Path) -> None:
    from engine.detector.network.program import save_program
    from engine.detector.predict.evaluation import network_predictor
    from engine.lite.opt import optimise
    from engine.lite.predictor import Predictor

    network, config, _ = trained
    inputs = {name: batch(((0.5, 0.25),) * 2)[name][:1].numpy() for name in ("image", "im_shape", "scale_factor")}
    program = save_program(network, config, tmp_path / "program")
    wanted = network_predictor(network)(inputs)[0]
    assert len(wanted)
    with Predictor(program) as predictor:
        np.testing.assert_allclose(predictor.detect(inputs)[0], wanted, atol=1e-3)
        nothing = predictor.detect(inputs | {"image": np.full_like(inputs["image"], -9)})[0]
    assert nothing.shape[1] == 6
    optimised = optimise(program, tmp_path / "model.nb", target="arm", precision="fp32")
    kinds = {operation.kind for operation in optimised.operations}
    assert {"generate_proposals_v2", "collect_fpn_proposals", "roi_align"} <= kinds
    size = nb_size(trace(network, config))
    assert size.low <= (tmp_path / "model.nb").stat().st_size <= size.high


def test_that_a_cascade_is_a_straight_line_for_arm_too(tmp_path: Path) -> None:
    from engine.detector.network.program import save_program
    from engine.lite.opt import optimise

    config = small(CASCADE)
    program = save_program(build(config), config, tmp_path / "program")
    optimised = optimise(program, tmp_path / "model.nb", target="arm", precision="fp32")
    assert not {"while", "conditional_block"} & {operation.kind for operation in optimised.operations}


@pytest.mark.parametrize("target", ["x86", "opencl"])
def test_that_other_targets_are_refused_in_words(target: Any) -> None:
    with pytest.raises(UserError) as error:
        refuse_detector(CASCADE, target)
    assert error.value.message.code == "export.two_stage" and target in str(error.value)
    refuse_detector(CASCADE, "arm")
    refuse_detector("ssdlite_mobilenet_v3_small", target)


def test_that_quantising_is_refused_in_words() -> None:
    recipe = Recipe(name="test", steps=(Step(technique="quant_post"),))
    assert [problem.message.code for problem in problems(recipe, choice_of(FASTER))] == ["plan.two_stage_int8"]
    assert problems(recipe, choice_of("yolov3_mobilenet_v1")) == []


def test_that_pruning_two_stages_is_previewed_to_the_unit() -> None:
    from engine.technique.base import Context
    from engine.techniques.filter_prune import FilterPrune

    config = small(FASTER)
    network, technique = build(config), FilterPrune({"criterion": "l1", "ratio": 0.4})
    told = graph_figures(technique.estimate(trace(network, config)))
    technique.transform(network, Context(config, choice_of(FASTER)))
    counted = count_by_hooks(network, config)._asdict()
    assert {name: getattr(pick(told, name), "value") for name in counted} == counted  # type: ignore[arg-type]  # noqa: B009
