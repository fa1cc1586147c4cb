"""Copies: the same file or the same scene twice, within a split and across splits, and a source looked at again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.contract.dataset import Index
from engine.data.checks import Sound
from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.likeness import lookalikes
from engine.data.pictures import Probe
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


def frames(count: int, hashes: int, seed: int = 0) -> list[Sound]:
    """Frames of a still camera: nearly one picture, with hashes that differ in as many bits at most."""
    generator = np.random.default_rng(seed)
    still = generator.integers(8, 248, 256)
    sounds = []
    for n in range(count):
        thumb = (still + generator.integers(-1, 2, 256)).astype(np.uint8).tobytes()
        likeness = sum(1 << int(bit) for bit in generator.integers(0, 64, hashes))
        probe = Probe(f"{seed} {n}", 64, 48, likeness, thumb)
        sounds.append(Sound(f"{n:05}.jpg", "", "", probe, "val" if n % 10 == 0 else "train"))
    return sounds


def test_that_frames_of_a_video_are_found_without_comparing_all_with_all() -> None:
    found = lookalikes(frames(3000, 1))
    named = [finding for finding in found if finding.message.code != "data.lookalikes_many"]
    assert len(named) > 2900 and sum(finding.severity == "warning" for finding in named) > 1500
    # Scanned pages: one hash, different greys. All are near, none is alike, and that not all were compared is said.
    pages = [replace(frames(1, 0, seed)[0], path=f"{seed:05}.jpg") for seed in range(400)]
    (many,) = lookalikes(pages)
    assert (many.message.code, many.severity) == ("data.lookalikes_many", "info") and many.message.args["count"] != 0


def test_that_what_differs_in_any_five_bits_is_found() -> None:
    generator = np.random.default_rng(4)
    for _ in range(60):
        one, other = frames(2, 0)
        bits = generator.choice(64, 5, replace=False).tolist()
        changed = replace(other.probe, likeness=other.probe.likeness ^ sum(1 << bit for bit in bits))
        assert len(lookalikes([one, replace(other, probe=changed)])) == 1
    changed = replace(other.probe, likeness=other.probe.likeness ^ 0b111111)
    assert lookalikes([one, replace(other, probe=changed)]) == [] == lookalikes([one]) == lookalikes([])
