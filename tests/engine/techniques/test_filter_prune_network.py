from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from engine.contract.text.messages import JobFailed, UserError
from engine.detector.network.channels import Cut, slice_channels
from engine.detector.network.checkpoint import network_arrays, put_weights
from engine.detector.network.counts import Count, count_by_hooks
from engine.detector.network.trace import trace
from engine.graph import count
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.techniques.filter_prune import FilterPrune
from tests.engine.small_detectors import (
    KEYS,
    context_of,
    fresh,
    graph_of,
    outputs_of,
    shapes_of,
    stir,
)

SSD, YOLO = "ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v3_large"
VECTORS = {SSD: 28, "ssdlite_mobilenet_v3_large": 14, "yolov3_mobilenet_v1": 4, YOLO: 4, "picodet_xs": 3}


def counted(graph: Graph) -> Count:
    return Count(count.macs(graph), count.conv_macs(graph), count.params(graph))


def pruned(key: str, **params: Any) -> tuple[Any, FilterPrune, Any]:
    network, _ = fresh(key)
    stir(network)
    technique = FilterPrune(params)
    return network, technique, technique.transform(network, context_of(key))


@pytest.mark.parametrize("key", KEYS)
def test_preview_equals_build_for_random_ratios(key: str) -> None:
    graph = graph_of(key)
    groups = [name for name, group in channel_groups(graph).groups.items() if group.prunable]
    generator = np.random.default_rng(len(key))
    for _ in range(VECTORS[key]):
        chosen = generator.random(len(groups)) < generator.uniform(0.2, 1)
        ratios = {name: float(generator.uniform(0, 0.9)) for name, on in zip(groups, chosen, strict=True) if on}
        technique = FilterPrune({"ratio": 0, "ratios": ratios, "criterion": "l1"})
        network, config = fresh(key)
        slice_channels(network, technique.choose(network, graph))
        assert count_by_hooks(network, config) == counted(technique.estimate(graph))


@pytest.mark.parametrize("key", KEYS)
def test_transform_replay_estimate_and_a_new_trace_agree(key: str) -> None:
    network, technique, record = pruned(key, ratio=0.4)
    estimate = technique.estimate(graph_of(key))
    assert shapes_of(network) == estimate.parameters

    again, config = fresh(key)
    technique.replay(again, copy.deepcopy(record))
    put_weights(again, network_arrays(network), "the pruned network")
    for one, other in zip(outputs_of(network), outputs_of(again), strict=True):
        assert np.array_equal(one, other)

    retraced = trace(again, config)
    assert retraced.ops == estimate.ops
    assert (retraced.tensors, retraced.parameters) == (estimate.tensors, estimate.parameters)
    assert count_by_hooks(again, config) == counted(estimate) < counted(graph_of(key))


@pytest.mark.parametrize("key", KEYS)
def test_rounds_build_what_the_preview_of_the_whole_tells(key: str) -> None:
    params = {"ratio": 0.6, "rounds": 3, "align": 4, "criterion": "l1"}
    whole = FilterPrune(params)
    network, config = fresh(key)
    stir(network)
    again, _ = fresh(key)
    for part in whole.rounds(graph_of(key)):
        technique = FilterPrune(params | part.params)
        estimate = technique.estimate(trace(network, config))
        record = technique.transform(network, context_of(key))
        assert count_by_hooks(network, config) == counted(estimate)
        technique.replay(again, copy.deepcopy(record))
    assert count_by_hooks(network, config) == counted(whole.estimate(graph_of(key)))
    assert shapes_of(again) == shapes_of(network) == whole.estimate(graph_of(key)).parameters


@pytest.mark.parametrize("key", KEYS)
def test_pruned_network_computes_what_the_whole_one_does_with_those_filters_silent(key: str) -> None:
    network, _ = fresh(key)
    stir(network)
    technique = FilterPrune({"ratio": 0.4, "criterion": "l1"})
    cuts = technique.choose(network, graph_of(key))
    silence(network, cuts)
    whole = outputs_of(network)
    slice_channels(network, cuts)
    for before, after in zip(whole, outputs_of(network), strict=True):
        assert np.abs(before).max() > 0.01
        assert np.abs(before - after).max() <= 1e-4 * np.abs(before).max()


def silence(network: Any, cuts: list[Cut]) -> None:
    """Make the channels that will go give zero: weights, biases, batch norm's scale and shift."""
    parameters = dict(network.named_parameters())
    for cut in cuts:
        gone = sorted(set(range(cut.channels)) - set(cut.kept))
        for member in cut.members:
            if member.axis == 0 and not member.parameter.endswith(("_mean", "_variance")):
                value, block = parameters[member.parameter].numpy(), member.block
                value[[member.start + index * block + place for index in gone for place in range(block)]] = 0
                parameters[member.parameter].set_value(value)


def test_record_with_one_channel_less_no_longer_fits() -> None:
    network, technique, record = pruned(SSD, ratio=0.4)
    altered = copy.deepcopy(record)
    del altered["groups"][3]["kept"][1]
    again, config = fresh(SSD)
    technique.replay(again, altered)
    assert count_by_hooks(again, config) != counted(technique.estimate(graph_of(SSD)))
    with pytest.raises(UserError) as error:
        put_weights(again, network_arrays(network), "the pruned network")
    assert error.value.message.code == "checkpoint.misfit"


@pytest.mark.parametrize("kept", [[], [0, 0, 1], [1, 0], [-1, 2], [0, 16]])
def test_record_with_impossible_channels_is_refused_and_nothing_is_cut(kept: list[int]) -> None:
    technique = FilterPrune({"ratio": 0.4, "criterion": "l1"})
    network, _ = fresh(SSD)
    shapes = shapes_of(network)
    record = {"groups": [cut.record() for cut in technique.choose(network, graph_of(SSD))]}
    assert record["groups"][1]["channels"] == 16
    record["groups"][1]["kept"] = kept
    with pytest.raises(JobFailed) as error:
        technique.replay(network, record)
    assert error.value.message.code == "prune.bad_indices"
    assert shapes_of(network) == shapes


def test_record_of_another_detector_is_refused_and_nothing_is_cut() -> None:
    _, technique, record = pruned("ssdlite_mobilenet_v3_large", ratio=0.4)
    network, _ = fresh(SSD)
    shapes = shapes_of(network)
    with pytest.raises(JobFailed) as error:
        technique.replay(network, record)
    assert error.value.message.code == "prune.misfit"
    assert shapes_of(network) == shapes


def test_parameters_stay_the_same_objects_with_the_same_names_and_training_attributes() -> None:
    network, config = fresh(SSD)
    keys = list(network.state_dict())

    def traits() -> dict[str, Any]:
        return {
            name: (id(p), p.name, p.trainable, p.stop_gradient, p.regularizer, p.optimize_attr, p.need_clip)
            for name, p in network.named_parameters()
        }

    network.backbone.conv1.conv.weight.stop_gradient = True
    before = traits()
    technique = FilterPrune({"ratio": 0.5, "criterion": "l1"})
    technique.transform(network, context_of(SSD))
    assert traits() == before
    assert list(network.state_dict()) == keys


def test_pruned_network_trains() -> None:
    import paddle

    from engine.detector.network.trace import Heads

    network, _, _ = pruned(SSD, ratio=0.7)
    network.train()
    heads = Heads(network)
    heads.eval()
    optimiser = paddle.optimizer.Momentum(0.01, parameters=network.parameters())
    before = network.backbone.conv3.expand_conv.conv.weight.numpy()
    sum(output.square().mean() for output in heads(paddle.ones([1, 3, 96, 96]))).backward()
    for parameter in network.parameters():
        if not parameter.stop_gradient:
            assert parameter.grad.shape == parameter.shape
    optimiser.step()
    assert not np.array_equal(before, network.backbone.conv3.expand_conv.conv.weight.numpy())
    for layer in network.sublayers():
        if isinstance(layer, paddle.nn.Conv2D):
            assert [layer._out_channels, layer._in_channels // layer._groups] == layer.weight.shape[:2]
        if isinstance(layer, paddle.nn.BatchNorm2D):
            assert [layer._num_features] == layer._mean.shape == layer.weight.shape
