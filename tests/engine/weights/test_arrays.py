"""Weights files: what fits is loaded and said; nothing in a hostile file runs."""

from __future__ import annotations

import json
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from engine.contract.project import DetectorChoice
from engine.contract.text.messages import UserError

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a", "b"))


ARRAYS = {
    "plain": np.arange(6, dtype="f4").reshape(2, 3),
    "by columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "swapped": np.arange(3, dtype=">i4"),
    "empty": np.zeros((0, 3), "i8"),
    "one": np.array(3.0),
    "half": np.array([1.5, -2], "f2"),
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_that_arrays_are_read_as_they_were_written(tmp_path: Path, protocol: int, kind: type) -> None:
    from engine.weights.arrays import read_weights

    file = tmp_path / "plain.pdparams"
    pairs = {"pair": ("conv2d_0.w_0", ARRAYS["plain"])}
    others = {"epoch": 3, "nothing": None, "names": {"a": ["b", (1, 2.5, True)]}}
    file.write_bytes(pickle.dumps(kind({**ARRAYS, **pairs, **others}), protocol))
    found = read_weights(file)
    assert found.keys() == {*ARRAYS, "pair"}
    for name, value in {**ARRAYS, "pair": ARRAYS["plain"]}.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
        assert found[name].shape == value.shape and found[name].dtype == value.dtype


def test_that_a_file_of_python_2_is_read(tmp_path: Path) -> None:
    """Weights of 2020 were written so: bytes and names are strings of its own kind."""
    from engine.weights.arrays import read_weights

    words = b"\x80\x02}U\x01wcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    kind = b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    content = np.array([1.0, -2.5], "<f4").tobytes()
    file = tmp_path / "old.pdparams"
    file.write_bytes(words + b"(K\x01K\x02\x85" + kind + b"\x89U\x08" + content + b"tbs.")
    assert read_weights(file)["w"].tolist() == [1.0, -2.5]


@pytest.mark.parametrize("protocol", [2, 4])
def test_that_paddles_own_file_is_read(tmp_path: Path, protocol: int) -> None:
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.checkpoint import network_arrays
    from engine.weights.arrays import read_weights

    import paddle  # after the build module, which prepares the process  # isort: skip

    network = build(resolve(CHOICE))
    state = {**network.state_dict(), "short": paddle.to_tensor([1.5, -2.0]).astype("bfloat16")}
    paddle.save(state, str(tmp_path / "w.pdparams"), protocol=protocol)
    weights = read_weights(tmp_path / "w.pdparams")
    assert weights.pop("short").tolist() == [1.5, -2.0]
    arrays = network_arrays(network)
    assert weights.keys() == arrays.keys()
    assert all(np.array_equal(weights[name], value) for name, value in arrays.items())


def safetensors_file(path: Path, header: Mapping[str, object] | bytes, content: bytes) -> Path:
    """A safetensors file with that header, true or not."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)
    return path


def test_that_safetensors_are_read_whether_plain_or_a_checkpoint(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    from engine.weights.arrays import read_weights

    one = np.arange(4, dtype="f4").reshape(2, 2)
    save_file({"a": one, "b": one.astype("f2"), "c": one.astype("i8")}, tmp_path / "plain.safetensors")
    found = read_weights(tmp_path / "plain.safetensors")
    assert {name: value.dtype.str for name, value in found.items()} == {"a": "<f4", "b": "<f2", "c": "<i8"}
    assert all(np.array_equal(value, one) for value in found.values())
    save_file({"model.a": one, "optimizer.m.a": one, "average.a": one + 1}, tmp_path / "last.safetensors")
    found = read_weights(tmp_path / "last.safetensors")
    assert found.keys() == {"a"} and np.array_equal(found["a"], one)
    header = {"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}
    file = safetensors_file(tmp_path / "short.safetensors", header, b"\x80\x3f\x20\xc0")
    assert read_weights(file)["w"].tolist() == [1.0, -2.5]


@pytest.mark.parametrize("content", [{}, {"epoch": 3, "model": {"w": 1.0}}])
def test_that_a_file_without_arrays_is_refused_as_such(tmp_path: Path, content: dict[str, object]) -> None:
    from engine.weights.arrays import read_weights

    file = tmp_path / "none.pdparams"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=r"none.pdparams holds no arrays"):
        read_weights(file)


def test_that_safetensors_that_lie_are_refused_by_name(tmp_path: Path) -> None:
    from engine.weights.arrays import read_weights

    def tensor(kind: str, shape: list[int], end: int) -> dict[str, object]:
        return {"dtype": kind, "shape": shape, "data_offsets": [0, end]}

    lies: dict[str, tuple[dict[str, object] | bytes, bytes]] = {
        "no header": (b"", b""),
        "no json": (b"{" * 100_000, b""),
        "huge shape": ({"w": tensor("F32", [2**40], 2**42)}, b"abcd"),
        "huge product": ({"w": tensor("F32", [2**32, 2**32], 4)}, b"abcd"),
        "short": ({"w": tensor("F32", [4], 16)}, b"abcd"),
        "float8": ({"w": tensor("F8_E4M3", [4], 4)}, b"abcd"),
        "control": ({"\x1b[2J": tensor("F32", [1], 4)}, b"abcd"),
    }
    for name, (header, content) in lies.items():
        file = safetensors_file(tmp_path / "lie.safetensors", header, content)
        with pytest.raises(UserError, match="lie.safetensors") as caught:
            read_weights(file)
        assert caught.value.message.text().isprintable(), name
    (tmp_path / "lie.safetensors").write_bytes(struct.pack("<Q", 2**60))
    with pytest.raises(UserError, match="lie.safetensors"):
        read_weights(tmp_path / "lie.safetensors")


def test_that_a_checkpoint_whose_description_is_nonsense_is_refused(tmp_path: Path) -> None:
    from engine.detector.base.header import HEADER, read_info

    header = {"__metadata__": {HEADER: '{"choice": {"key": 7}}'}}
    with pytest.raises(UserError, match="last.safetensors"):
        read_info(safetensors_file(tmp_path / "last.safetensors", header, b""))


@pytest.mark.parametrize("records", [[{"nonsense": 1}], []])
def test_that_a_checkpoint_whose_records_are_nonsense_is_refused(tmp_path: Path, records: list[object]) -> None:
    from engine.detector.base.header import HEADER
    from engine.model.starting import load_checkpoint

    info = {"choice": CHOICE.model_dump(), "steps": [{"technique": "filter_prune"}], "records": records}
    header = {"__metadata__": {HEADER: json.dumps(info)}}
    with pytest.raises(UserError, match="last.safetensors"):
        load_checkpoint(safetensors_file(tmp_path / "last.safetensors", header, b""))


def test_that_a_backbone_file_loads_and_says_what_is_missing() -> None:
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.checkpoint import fit_weights, network_arrays

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
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.checkpoint import fit_weights, network_arrays

    other = DetectorChoice(key="yolov3_mobilenet_v1", size=96, classes=("a", "b"))
    weights = network_arrays(build(resolve(other)))
    with pytest.raises(UserError, match="another detector"):
        fit_weights(build(resolve(CHOICE)), weights, "other.pdparams")


def test_that_a_checkpoint_with_one_channel_less_is_refused(tmp_path: Path) -> None:
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.checkpoint import network_arrays, put_weights

    network = build(resolve(CHOICE))
    arrays = network_arrays(network)
    name = "backbone.conv1.conv.weight"
    with pytest.raises(UserError, match=name):
        put_weights(network, arrays | {name: arrays[name][1:]}, "checkpoint")
    with pytest.raises(UserError, match="1 tensor missing"):
        put_weights(network, {k: v for k, v in arrays.items() if k != name}, "checkpoint")


def test_that_two_builds_in_one_process_are_alike() -> None:
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build

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
