"""Another backbone: its maps, its preview, what is kept of the weights, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from engine.contract.figures import pick
from engine.contract.recipe import Step
from engine.contract.run.job import TrainJob
from engine.contract.text.messages import UserError
from engine.detector.base.spec import resolve
from engine.detector.network.counts import count_by_hooks
from engine.detector.network.trace import trace
from engine.model.assembly import assemble, extend
from engine.recipe.plan import problems
from engine.recipe.preview import graph_figures
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from engine.techniques.backbone_swap import BACKBONES, Key
from tests.engine.recipe.test_plan import recipe
from tests.engine.small_detectors import choice_of, shapes_of

YOLO, SSD = "yolov3_mobilenet_v1", "ssdlite_mobilenet_v3_small"
PAIRS = [
    (YOLO, "mobilenet_v3_small_x0_5"),
    (YOLO, "shufflenet_v2_x0_25"),
    (YOLO, "lcnet_x0_5"),
    (YOLO, "resnet18"),
    (SSD, "mobilenet_v1"),
    (SSD, "mobilenet_v3_large"),
    (SSD, "mobilenet_v3_small_x0_5"),
]
"""Each kind under a family that takes it; widths differ in numbers only."""


def swap(key: str) -> Step:
    return Step(technique="backbone_swap", params={"backbone": key})


def test_that_the_chooser_offers_what_the_table_has_with_its_published_time() -> None:
    assert set(get_args(Key)) == set(BACKBONES)
    times = [entry for entry in make(swap("resnet18")).published if entry.unit == "ms"]
    assert len(times) == sum(backbone.ms is not None for backbone in BACKBONES.values()) == 22
    labels = make(swap("resnet18")).Params.model_json_schema()["properties"]["backbone"]["labels"]
    assert labels["mobilenet_v3_large"]["en"] == "MobileNetV3-large x1.0 · 16.6 ms (SD855)"
    assert labels["resnet34"]["en"] == "ResNet34"


@pytest.mark.parametrize(("detector", "key"), PAIRS)
def test_that_the_maps_are_those_that_the_head_expects_and_the_preview_equals_the_build_pruned_too(
    detector: str, key: str
) -> None:
    import paddle

    prune = Step(technique="filter_prune", params={"criterion": "l1", "ratio": 0.5})
    made = [make(swap(key)), make(prune)]
    model = assemble(choice_of(detector), (swap(key),), (None,))
    assert model.config == Stack(model.choice, tuple(made)).config()
    model.network.eval()
    maps = model.network.backbone({"image": paddle.zeros([1, 3, 96, 96])})
    sides = (12, 6, 3) if detector == YOLO else (6, 3, 2, 1, 1, 1)
    assert [tuple(found.shape[2:]) for found in maps] == [(side, side) for side in sides]
    learning = {name for name, p in model.network.backbone.named_parameters() if not p.stop_gradient}
    assert learning == {n for n in shapes_of(model.network.backbone) if not n.endswith(("._mean", "._variance"))}
    graph = trace(model.network, model.config)
    for previewed in (graph, made[1].estimate(graph)):
        told = graph_figures(previewed)
        counted = zip(("macs", "conv_macs", "params"), count_by_hooks(model.network, model.config), strict=True)
        for name, value in counted:
            figure = pick(told, name)  # type: ignore[arg-type]
            assert figure is not None and figure.value == value, name
        if previewed is graph:
            model = extend(model, (prune,))
    assert model.records[1]


def test_that_yolov3_on_resnet34_has_the_published_counts() -> None:
    choice = choice_of(YOLO, 320, 80)
    model = assemble(choice, (swap("resnet34"),), (None,))
    _, conv_macs, params = count_by_hooks(model.network, model.config)
    assert conv_macs == pytest.approx(12.40e9, rel=0.005)
    assert params == pytest.approx(42.3e6, rel=0.005)


def test_that_weights_that_fit_are_kept_and_the_rest_is_new() -> None:
    from engine.detector.network.checkpoint import network_arrays

    told: list[Any] = []
    base = assemble(choice_of(YOLO))
    for parameter in base.network.parameters():
        parameter.set_value(np.full(parameter.shape, 0.25, "float32"))
    kept = network_arrays(base.network)
    after = extend(base, (swap("resnet18"),), rebuilt=told.append)
    arrays = network_arrays(after.network)
    fitting = {name for name, value in arrays.items() if name in kept and kept[name].shape == value.shape}
    assert told[0].loaded == len(fitting) and told[0].total == len(arrays)
    assert all((arrays[name] == kept[name]).all() for name in fitting)
    assert "neck.yolo_block.0.conv_module.conv1.conv.weight" in fitting
    # Of the neck and the head only what the backbone feeds is another shape.
    beyond = [name for name in told[0].misshapen + told[0].missing if not name.startswith("backbone.")]
    assert {name.split(".conv.")[0].split(".", 1)[1] for name in beyond} == {
        f"yolo_block.{level}.conv_module.conv0" for level in range(3)
    }
    assert float(arrays["backbone.res2.res2a.branch2a.conv.weight"].std()) > 0


def test_that_a_run_on_another_backbone_tells_what_it_took_over_trains_and_loads(
    train_job: TrainJob, tmp_path: Path
) -> None:
    from engine.jobs.train import run
    from engine.model.assembly import load
    from engine.run.context import JobContext

    settings = train_job.settings.model_copy(update={"epochs": 1, "evaluate_every": 0, "ema": 0.0, "augment": "none"})
    base = train_job.model_copy(update={"settings": settings, "limit": 4})
    asked = base.model_copy(update={"start": str(tmp_path / "base"), "steps": (swap("mobilenet_v3_small_x0_5"),)})
    events: list[Any] = []
    for name, job in (("base", base), ("swapped", asked)):
        (tmp_path / name).mkdir()
        events.clear()
        run(job, JobContext(tmp_path / name, events.append))
    (notice,) = [event for event in events if event.type == "notice"]
    assert notice.message.code == "train.weights_matched"
    assert 0 < notice.message.args["loaded"] < notice.message.args["total"]
    moments = {event.moment: pick(event.figures, "params") for event in events if event.type == "figures"}
    assert set(moments) == {"start", "transformed", "final"}
    model, info = load(tmp_path / "swapped")
    assert info.steps == asked.steps and model.config["backbone"]["scale"] == 0.5
    final = moments["final"]
    assert final is not None and final.value == count_by_hooks(model.network, model.config)[2]


@pytest.mark.parametrize("key", [key for key, backbone in BACKBONES.items() if backbone.extra_maps is None])
def test_that_a_backbone_without_six_maps_is_refused_for_ssd(key: str) -> None:
    (problem,) = problems(recipe(("backbone_swap", {"backbone": key})), choice_of(SSD))
    assert problem.message.code == "backbone_swap.family" and "MobileNetV1 x1.0" in problem.message.text("zh")
    with pytest.raises(UserError, match="six maps"):
        make(swap(key)).configure(resolve(choice_of(SSD)))


def test_that_the_backbone_that_is_there_already_is_refused() -> None:
    for detector, key in ((YOLO, "mobilenet_v1"), (SSD, "mobilenet_v3_small")):
        (problem,) = problems(recipe(("backbone_swap", {"backbone": key})), choice_of(detector))
        assert problem.message.code == "backbone_swap.same" and detector in problem.message.text("en")
    assert problems(recipe(("backbone_swap", {"backbone": "mobilenet_v1_x0_5"})), choice_of(YOLO)) == []


def test_that_a_swap_under_an_earlier_pruning_of_the_backbone_is_refused() -> None:
    pruned = extend(assemble(choice_of(SSD)), (Step(technique="filter_prune", params={"criterion": "l1"}),))
    with pytest.raises(UserError, match="from before filter_prune") as refused:
        extend(pruned, (swap("mobilenet_v3_large"),))
    assert "backbone_swap" in refused.value.message.text("zh")
