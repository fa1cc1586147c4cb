"""A checkpoint is written whole or not at all, and what a killed writer left is cleared by the next one."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from engine.contract.project import DetectorChoice
from engine.contract.text.messages import UserError
from engine.detector.base.header import HEADER, CheckpointInfo, read_info
from engine.detector.network import checkpoint

INFO = CheckpointInfo(choice=DetectorChoice(key="any", size=96, classes=("a",)))


def test_that_nothing_half_made_stays_beside_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "checkpoints" / "last.safetensors"
    tensors = {"model.a": np.ones(3, np.float32)}
    left = path.parent / ".saving-4194399-abc"  # an id that no process has
    left.mkdir(parents=True)
    (left / ".tmpAbCdEf").touch()
    checkpoint.save(path, INFO, tensors)
    assert [each.name for each in path.parent.iterdir()] == [path.name] and read_info(path).choice == INFO.choice
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(checkpoint, "save_file", refuse)
    with pytest.raises(OSError, match="full"):
        checkpoint.save(path, INFO, tensors)
    assert [each.name for each in path.parent.iterdir()] == [path.name] and path.read_bytes() == before


def test_that_a_full_disk_is_told_as_such_whatever_the_library_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoint, "save_file", refuse)
    with pytest.raises(OSError, match="space") as caught:
        checkpoint.save(tmp_path / "last.safetensors", INFO, {})
    assert caught.value.errno == errno.ENOSPC and list(tmp_path.iterdir()) == []


def test_that_a_checkpoint_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    many = json.dumps({"model.a": {"dtype": "F32", "shape": [1] * 54, "data_offsets": [0, 4]}}).encode()
    path.write_bytes(len(many).to_bytes(8, "little") + many + bytes(4))
    with pytest.raises(UserError) as caught:
        checkpoint.read_tensors(path, "model")
    assert caught.value.message.code == "checkpoint.malformed"
    told = INFO.model_dump() | {"records": [None]}
    save_file({}, path, {HEADER: json.dumps(told)})
    with pytest.raises(UserError) as caught:
        read_info(path)
    assert caught.value.message.code == "checkpoint.malformed"
