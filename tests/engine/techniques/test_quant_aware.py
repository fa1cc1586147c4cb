"""Quantisation-aware training: what is quantised, that it is built again alike, and what becomes of it on export."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.text.messages import UserError
from engine.technique.base import Calibration, Context, Technique
from engine.techniques.quant_aware import QuantAware
from engine.techniques.quant_post import QuantPost
from tests.engine.small_detectors import KEYS, choice_of, context_of, fresh, outputs_of, shapes_of, stir

SMALL = "ssdlite_mobilenet_v3_small"


def pictures(count: int, size: int = 96) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [{"image": rng.normal(size=(1, 3, size, size)).astype("float32")} for _ in range(count)]


def calibrated(key: str) -> Context:
    """Noise, of which nothing is measured but ranges."""
    return Context(context_of(key).config, choice_of(key), Calibration(lambda: iter(pictures(12)), 12, noise=True))


def quantised(key: str, **params: Any) -> tuple[Any, dict[str, Any]]:
    network, _ = fresh(key)
    stir(network)
    return network, QuantAware(params).transform(network, calibrated(key))


def agreement(ours: list[Any], theirs: list[Any]) -> float:
    flat = [np.concatenate([np.asarray(value).ravel() for value in values]) for values in (ours, theirs)]
    return float(np.corrcoef(*flat)[0, 1])


@pytest.mark.parametrize("key", KEYS)
def test_first_convolution_squeeze_blocks_and_outputs_stay_float(key: str) -> None:
    network, record = quantised(key)
    kept = record["kept_float"]
    assert kept[0].startswith("backbone.conv1.")
    outputs = {"ssd": r"ssd_head\..*\.pw_conv", "yol": r"yolo_head\..*", "pic": r"head\.(head_|cls_align.*pw).*"}
    assert sum(bool(re.fullmatch(outputs[key[:3]], name)) for name in kept) in (3, 12)
    assert not any("mid_se" in name or re.search(r"\.se\..*(conv\d|fc)$", name) for name in record["layers"])
    kinds = {name: type(layer).__name__ for name, layer in network.named_sublayers()}
    assert {kinds[name] for name in record["layers"]} == {"QuantizedConv2D"}
    assert {kinds[name] for name in kept} == {"Conv2D"}


def test_everything_is_quantised_when_nothing_is_skipped() -> None:
    off = {"skip_first": False, "skip_se": False, "skip_outputs": False}
    for key in (SMALL, "yolov3_mobilenet_v1"):
        network, record = quantised(key, **off)
        ran: set[str] = set()
        for name in record["layers"]:
            layer = dict(network.named_sublayers())[name]
            layer.register_forward_post_hook(lambda *_, name=name, ran=ran: ran.add(name))
        outputs_of(network)
        assert record["kept_float"] == [] and ran == set(record["layers"])


@pytest.mark.parametrize("pact", [True, False])
def test_replay_makes_the_same_network_and_float_keys_stay(pact: bool) -> None:
    network, record = quantised(SMALL, pact=pact)
    again, _ = fresh(SMALL)
    before = shapes_of(again)
    QuantAware({}).replay(again, record)
    state = network.state_dict()
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in state.items()}
    assert [p.name for p in again.parameters()] == [p.name for p in network.parameters()]
    assert before.items() <= shapes_of(again).items()
    again.set_state_dict(state)
    for ours, theirs in zip(outputs_of(again), outputs_of(network), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(("bits", "least"), [(8, 0.995), (7, 0.98)])
def test_calibrated_outputs_stay_close_to_the_float_ones(bits: int, least: float) -> None:
    network, _ = fresh(SMALL)
    stir(network)
    plain = outputs_of(network)
    QuantAware({"weight_bits": bits}).transform(network, calibrated(SMALL))
    rounded = outputs_of(network)
    assert least < agreement(plain, rounded) < 1 - 1e-7


def test_it_rounds_as_paddleslim_does() -> None:
    import paddle
    from paddleslim.dygraph.quant import QAT

    from engine.detector.change.quantisation import convolutions

    ours, record = quantised(SMALL, pact=False, weight_bits=8)
    theirs, _ = fresh(SMALL)
    for name, layer in convolutions(theirs).items():
        layer.skip_quant = name in record["kept_float"]
    with paddle.utils.unique_name.guard():
        QAT().quantize(theirs)
    named = {key.replace("._layer.", "."): value for key, value in theirs.state_dict().items()}
    state = ours.state_dict()
    assert state.keys() <= named.keys()
    for key, value in state.items():
        named[key].set_value(value)
    for mine, other in zip(outputs_of(ours), outputs_of(theirs), strict=True):
        assert np.array_equal(mine, other)


def test_training_moves_weights_scales_and_bounds() -> None:
    import paddle

    network, record = quantised(SMALL, pact=True, pact_start=0.5)
    before = {name: value.numpy() for name, value in network.state_dict().items()}
    network.train()
    optimizer = paddle.optimizer.Momentum(0.01, parameters=network.parameters())
    batch = {
        "image": paddle.to_tensor(np.concatenate([picture["image"] for picture in pictures(2)])),
        "gt_bbox": paddle.to_tensor(np.array([[[0.2, 0.2, 0.6, 0.7]]] * 2, "float32")),
        "gt_class": paddle.to_tensor(np.ones((2, 1), "int32")),
    }
    network(batch)["loss"].backward()
    optimizer.step()
    after = network.state_dict()
    name = record["layers"][0]
    for part in ("weight", "_fake_quant_input._scale", "_act_preprocess.alpha"):
        assert not np.array_equal(before[f"{name}.{part}"], after[f"{name}.{part}"].numpy()), part


def test_a_pruned_network_can_be_quantised_and_built_again() -> None:
    from engine.techniques.filter_prune import FilterPrune

    prune = FilterPrune({"ratio": 0.3})
    network, _ = fresh(SMALL)
    cut = prune.transform(network, context_of(SMALL))
    record = QuantAware({}).transform(network, calibrated(SMALL))
    again, _ = fresh(SMALL)
    prune.replay(again, cut)
    QuantAware({}).replay(again, record)
    again.set_state_dict(network.state_dict())
    depthwise = dict(again.named_sublayers())["backbone.conv4.bottleneck_conv.conv"]
    assert depthwise._groups == depthwise.weight.shape[0] < 88
    for ours, theirs in zip(outputs_of(again), outputs_of(network), strict=True):
        assert np.array_equal(ours, theirs)


def test_depthwise_convolutions_stay_float_if_wished() -> None:
    _, record = quantised(SMALL, skip_depthwise=True)
    network, _ = fresh(SMALL)
    layers = dict(network.named_sublayers())
    alone = {name for name in record["kept_float"] + record["layers"] if layers[name]._groups > 1}
    assert alone and alone.isdisjoint(record["layers"])


@pytest.mark.parametrize("technique", [QuantAware, QuantPost])
def test_bad_layers_are_refused(technique: type[Technique]) -> None:
    network, _ = fresh(SMALL)
    with pytest.raises(UserError, match="conv99.*did you mean backbone.conv"):
        technique({"keep_float": ["backbone.conv99"]}).transform(network, context_of(SMALL))


@pytest.mark.parametrize("target", ["x86", "arm"])
def test_the_exported_model_is_int8_and_does_on_x86_what_paddle_does(target: Any, tmp_path: Path) -> None:
    from engine.detector.network.program import save_program
    from engine.lite.opt import optimise
    from engine.lite.optimised import count_precisions
    from engine.lite.predictor import Predictor
    from engine.lite.program.x86_int8 import fit_to_x86

    network, record = quantised(SMALL)
    expected = outputs_of(network)
    program = save_program(network, dict(context_of(SMALL).config), tmp_path / "program", post_process=False)
    technique = QuantAware({})
    assert technique.export(program, context_of(SMALL)) == {"int8_convolutions": len(record["layers"])}
    if target == "x86":
        assert fit_to_x86(program)["activations_split"] > 0
    optimised = optimise(program, tmp_path / "model.nb", target=target, precision="int8")
    assert count_precisions(optimised.operations)["int8"] > len(record["layers"]) * (0.9 if target == "arm" else 0.4)
    # What stays float, half of these weights, is stored in 8 bits as well: with the program this is far below 4 bytes.
    assert (tmp_path / "model.nb").stat().st_size < 0.45 * 4 * sum(p.size for p in network.parameters() if p.ndim > 1)
    if target == "x86":
        with Predictor(tmp_path / "model.nb") as predictor:
            found = predictor.run({"image": pictures(1)[0]["image"]})
        assert agreement(found, expected) > 0.995


def test_that_what_x86_computes_in_float_is_given_what_int8_would_be(tmp_path: Path) -> None:
    """Inputs of convolutions that x86 has no good kernel for stay rounded and limited: QAT has trained on that."""
    import shutil

    from engine.detector.network.program import save_program
    from engine.lite.predictor import Predictor
    from engine.lite.program.x86_int8 import fit_to_x86

    network, _ = quantised(SMALL)
    program = save_program(network, dict(context_of(SMALL).config), tmp_path / "program", post_process=False)
    QuantAware({}).export(program, context_of(SMALL))
    fitted = Path(shutil.copytree(program, tmp_path / "fitted"))
    counts = fit_to_x86(fitted)
    assert counts["in_float"] > 10 and counts["weights_narrowed"] == 0  # 7 bits are the step's default
    apart = []
    with Predictor(fitted) as one, Predictor(program) as other:
        for inputs in pictures(5):
            outputs = [predictor.run(inputs) for predictor in (one, other)]
            ours, theirs = (np.concatenate([np.ravel(value) for value in values]) for values in outputs)
            apart.append(np.abs(ours - theirs).mean() / np.abs(theirs).mean())
    # 0.0000 to 0.0015, by how many values lie between two whole numbers; 0.0019 with inputs that are not rounded.
    assert np.median(apart) < 0.0008, apart


def test_that_a_range_is_that_of_the_float_network_whatever_is_clipped_before_it() -> None:
    import paddle

    from engine.detector.change.quantisation import convolutions

    network, _ = fresh(SMALL)
    stir(network)
    seen: dict[str, list[Any]] = {}
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, inputs, name=name: seen.setdefault(name, []).append(np.abs(inputs[0].numpy()).ravel())
        )
        for name, layer in convolutions(network).items()
    ]
    network.eval()
    with paddle.no_grad():
        from engine.detector.families.raw import run_to_head

        for picture in pictures(12):
            run_to_head(network, paddle.to_tensor(picture["image"]))
    for hook in hooks:
        hook.remove()
    record = QuantAware({}).transform(network, calibrated(SMALL))
    layers = dict(network.named_sublayers())
    for name in record["layers"]:
        values, quantiser = np.sort(np.concatenate(seen[name])), layers[name]._fake_quant_input
        kept = values[-1 - int(len(values) * 1e-4)]
        assert float(quantiser._scale) == pytest.approx(max(kept, 1e-3), rel=1e-4), name
        # A training's average goes on from there: one batch moves it by a tenth.
        assert float(quantiser._accum / quantiser._state) == pytest.approx(float(quantiser._scale), rel=1e-4)
        assert float(quantiser._state) == pytest.approx(10, rel=1e-4)
