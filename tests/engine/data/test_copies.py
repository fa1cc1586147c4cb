"""Copies: the same file or the same scene twice, within a split and across splits, and a source looked at again."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.contract.dataset import Index
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Shot, encoded, put, shots, voc_xml, write_voc
from tests.fakes.reports import facts, only


def copy_of_first(root: Path, name: str, part: str) -> Path:
    """A VOC set with a copy of train's first picture in `part`."""
    written = [*shots(), Shot(name, part)]
    write_voc(root, written)
    put(root / "JPEGImages" / f"{name}.png", encoded("shot 00"))
    return root


@pytest.mark.parametrize(("part", "code"), [("train", "picture_duplicate"), ("val", "split_leak")])
def test_that_copies_are_found_and_mended_away_from_training(tmp_path: Path, part: str, code: str) -> None:
    root = copy_of_first(tmp_path / "data", "twin", part)
    finding = only(check_dataset(root), code)
    lost, kept = ("twin", "shot 00") if part == "train" else ("shot 00", "twin")
    assert facts(finding) == ("warning", f"JPEGImages/{lost}.png", "", "kept", "left_out")
    assert finding.message.args["other"] == f"JPEGImages/{kept}.png"
    assert check_dataset(root).statistics.splits["train"].pictures == (7 if part == "train" else 6)
    report = import_dataset(root, tmp_path / "index.sqlite", fix=True)
    assert facts(only(report, code))[3:] == ("left_out", None)
    with Index.open(tmp_path / "index.sqlite") as index:
        assert [Path(picture.path).stem for picture in index.pictures("none")] == [lost]
        used = [p.digest for p in index.pictures() if p.split != "none"]
    assert len(used) == len(set(used))


def test_that_of_two_copies_the_labelled_one_stays(tmp_path: Path) -> None:
    root = copy_of_first(tmp_path, "twin", "val")
    put(root / "Annotations" / "twin.xml", voc_xml(Shot("twin", boxes=())))
    found = only(check_dataset(root, fix=True), "split_leak")
    assert (found.file, found.action) == ("JPEGImages/twin.png", "left_out")


def test_that_a_recompressed_copy_in_another_split_is_seen(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("again", "test", width=96, height=72)])
    picture = cv2.imdecode(np.frombuffer(encoded("shot 00"), np.uint8), cv2.IMREAD_COLOR)
    larger = cv2.resize(picture, (96, 72), interpolation=cv2.INTER_LINEAR)
    put(
        root / "JPEGImages" / "again.png",
        cv2.imencode(".jpg", larger, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes(),
    )
    finding = only(check_dataset(root), "split_lookalike")
    assert facts(finding) == ("warning", "JPEGImages/shot 00.png", "", "kept", None)
    assert finding.message.args["other"] == "JPEGImages/again.png"


def test_that_a_name_in_two_lists_stays_in_the_held_out_one(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    with (root / "ImageSets" / "Main" / "train.txt").open("a") as stream:
        stream.write("shot 08\n")
    finding = only(check_dataset(root), "listed_twice")
    assert (finding.place, finding.message.args["kept"]) == ("line 7", "test")


def test_that_what_came_to_a_source_since_its_import_is_found_and_mended(tmp_path: Path) -> None:
    root = copy_of_first(tmp_path / "data", "twin", "val")
    path = tmp_path / "index.sqlite"
    first = import_dataset(root, path, seed=3)
    assert check_dataset(root, seed=3).findings == first.findings
    put(root / "JPEGImages" / "new.png", encoded("new"))
    put(root / "Annotations" / "new.xml", voc_xml(Shot("new")))
    before = path.read_bytes()
    assert only(check_dataset(root), "unlisted").message.args["count"] == 1
    assert path.read_bytes() == before
    assert import_dataset(root, path, fix=True).fixed
    with Index.open(path) as index:
        assert index.counts() == {"train": 5, "val": 3, "test": 2, "none": 2}
