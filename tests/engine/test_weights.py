"""Weights files: what fits is loaded and said; nothing in a hostile file runs."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from engine.contract.messages import UserError
from engine.contract.project import DetectorChoice

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a", "b"))


class _Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_that_nothing_in_a_hostile_pickle_runs(tmp_path: Path) -> None:
    from engine.detector.weights import read_weights

    file, proof = tmp_path / "evil.pdparams", tmp_path / "ran"
    file.write_bytes(pickle.dumps({"conv1.weight": _Hostile(proof)}))
    with pytest.raises(UserError, match="evil.pdparams"):
        read_weights(file)
    assert not proof.exists()


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"hello", pickle.dumps([1, 2])])
def test_that_a_file_that_is_no_weights_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    from engine.detector.weights import read_weights

    file = tmp_path / "broken.pdparams"
    file.write_bytes(content)
    with pytest.raises(UserError, match="broken.pdparams"):
        read_weights(file)


def test_that_paddles_own_file_is_read(tmp_path: Path) -> None:
    from engine.detector.build import build
    from engine.detector.spec import resolve
    from engine.detector.weights import read_weights

    import paddle  # after the build module, which prepares the process  # isort: skip

    network = build(resolve(CHOICE))
    paddle.save(network.state_dict(), str(tmp_path / "w.pdparams"))
    weights = read_weights(tmp_path / "w.pdparams")
    assert weights.keys() == network.state_dict().keys()


def test_that_a_backbone_file_loads_and_says_what_is_missing() -> None:
    from engine.detector.build import build
    from engine.detector.checkpoint import fit_weights, network_arrays
    from engine.detector.spec import resolve

    source = network_arrays(build(resolve(CHOICE)))
    prefix = "backbone."
    backbone = {k[len(prefix) :]: v + 1 for k, v in source.items() if k.startswith(prefix)}
    network = build(resolve(CHOICE))
    matching = fit_weights(network, backbone, "backbone.pdparams")
    assert matching.loaded == len(backbone)
    assert all(name.startswith("ssd_head.") for name in matching.missing)
    loaded = network_arrays(network)
    assert all(np.array_equal(loaded[f"{prefix}{k}"], v) for k, v in backbone.items())


def test_that_another_detectors_weights_are_refused() -> None:
    from engine.detector.build import build
    from engine.detector.checkpoint import fit_weights, network_arrays
    from engine.detector.spec import resolve

    other = DetectorChoice(key="yolov3_mobilenet_v1", size=96, classes=("a", "b"))
    weights = network_arrays(build(resolve(other)))
    with pytest.raises(UserError, match="another detector"):
        fit_weights(build(resolve(CHOICE)), weights, "other.pdparams")


def test_that_a_checkpoint_with_one_channel_less_is_refused(tmp_path: Path) -> None:
    from engine.detector.build import build
    from engine.detector.checkpoint import network_arrays, put_weights
    from engine.detector.spec import resolve

    network = build(resolve(CHOICE))
    arrays = network_arrays(network)
    name = "backbone.conv1.conv.weight"
    with pytest.raises(UserError, match=name):
        put_weights(network, arrays | {name: arrays[name][1:]}, "checkpoint")
    with pytest.raises(UserError, match="1 tensors missing"):
        put_weights(network, {k: v for k, v in arrays.items() if k != name}, "checkpoint")


def test_that_two_builds_in_one_process_are_alike() -> None:
    from engine.detector.build import build
    from engine.detector.spec import resolve

    for key in ("ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v3_large"):
        choice = DetectorChoice(key=key, size=96, classes=("a", "b"))
        build(resolve(choice.model_copy(update={"size": 128})))
        first, second = build(resolve(choice)), build(resolve(choice))
        named = [[(k, p.name, p.shape) for k, p in net.named_parameters()] for net in (first, second)]
        assert named[0] == named[1]
        if hasattr(first, "ssd_head"):
            priors = [net.ssd_head.anchor_generator for net in (first, second)]
            assert priors[0].min_sizes == priors[1].min_sizes
            assert len(priors[0].min_sizes) == 6
