"""Splits: drawn the same every time, without a leak, and never in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.dataset import Index
from engine.contract.text.messages import UserError
from engine.data.checks import Sound
from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.pictures import Probe
from engine.data.splits import assign, parse_split
from tests.fakes.datasets import Shot, shots, write_coco, write_voc, write_yolo


@pytest.mark.parametrize("text", ["0.8,0.2", "0.8,0.1,x", "0.5,0.1,0.1", "0,0.5,0.5", "1.2,-0.1,-0.1", "nan,0,1", ""])
def test_that_a_split_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"0\.8,0\.1,0\.1"):
        parse_split(text)


def test_that_shares_override_the_splits_of_the_source(tmp_path: Path) -> None:
    root = write_voc(tmp_path / "data", shots(20, 0, 0))
    report = import_dataset(root, tmp_path / "index.sqlite", split=parse_split("0.5,0.25,0.25"))
    assert [finding.message.code for finding in report.findings] == ["data.split_asked"]
    with Index.open(tmp_path / "index.sqlite") as index:
        assert index.counts() == {"train": 10, "val": 5, "test": 5, "none": 0}


def test_that_a_source_without_val_gives_some_of_train(tmp_path: Path) -> None:
    root = write_voc(tmp_path / "data", shots(20, 0, 4))
    report = import_dataset(root, tmp_path / "index.sqlite")
    found = {finding.message.code: finding.message.args for finding in report.findings}
    assert found["data.split_val_taken"]["count"] == 2
    with Index.open(tmp_path / "index.sqlite") as index:
        assert index.counts() == {"train": 18, "val": 2, "test": 4, "none": 0}


def test_that_a_source_without_splits_is_dealt_out_and_says_so(tmp_path: Path) -> None:
    root = write_coco(tmp_path, [Shot(f"n{n}", "none") for n in range(20)])
    report = check_dataset(root)
    assert {part: split.pictures for part, split in report.statistics.splits.items()} == {
        "train": 16,
        "val": 2,
        "test": 2,
    }
    assert "data.split_drawn" in [finding.message.code for finding in report.findings]


def test_that_the_seed_decides_the_split(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots(20, 0, 0))
    hashes = [check_dataset(root, split=(0.5, 0.5, 0.0), seed=seed).content_hash for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


@given(st.integers(3, 60), st.integers(0, 2**31), st.integers(1, 4))
def test_that_drawing_makes_no_leak_and_no_empty_split(count: int, seed: int, copies: int) -> None:
    pictures = [Sound(f"{n}", "", "", Probe(str(min(n, count - copies))), "none") for n in range(count + copies)]
    assign(pictures, (0.8, 0.1, 0.1), seed)
    parts = {
        picture.probe.digest: {p.part for p in pictures if p.probe.digest == picture.probe.digest}
        for picture in pictures
    }
    assert all(len(found) == 1 for found in parts.values())
    if len(parts) >= 3:
        assert {picture.part for picture in pictures} == {"train", "val", "test"}


def test_that_pictures_that_are_too_few_for_val_are_told(tmp_path: Path) -> None:
    one = write_yolo(tmp_path / "one", [Shot("a", "train")])
    assert "data.split_val_empty" in {finding.message.code for finding in check_dataset(one).findings}
    asked = check_dataset(one, split=(1.0, 0.0, 0.0))
    assert "data.split_val_empty" not in {finding.message.code for finding in asked.findings}
