"""Labels that were corrected in a project hold over those of its source, and stop nothing where they cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.labels import CORRECTED
from engine.contract.source.changes import SyncCounts
from tests.fakes.datasets import Shot, shots
from tests.fakes.synced import Desk

ONE = (("dog", (4.0, 6.0, 30.0, 40.0)),)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Six pictures of train, two of val, two of test, as the source declares."""
    return Desk(tmp_path, shots())


def codes(result: object) -> list[str]:
    return [finding.message.code.removeprefix("data.") for finding in result.report.findings]  # type: ignore[attr-defined]


def test_that_corrected_labels_win_over_the_source(desk: Desk) -> None:
    path = "images/train/shot 01.png"
    desk.correct(path, ("tree", (1.0, 2.0, 60.0, 90.0)))
    desk.source.label(Shot("shot 01", "train", ONE))
    desk.source.label(Shot("shot 02", "train", ONE))
    result = desk.sync()
    assert result.changes == SyncCounts(corrected=1, relabelled=1)
    (box,) = desk.pictures()[path].boxes
    assert (box.x1, box.y1, box.x2, box.y2) == (1.0, 2.0, 60.0, 48.0), "cut to the picture as all are"
    assert (box.file, box.place) == (CORRECTED, "boxes[0]") and desk.classes_of(path) == ["tree"]
    desk.source.move("shot 01", "train", "elsewhere", "train")
    desk.sync()
    assert desk.classes_of("images/train/elsewhere.png") == ["tree"]
    desk.folder.labels.unlink()
    assert desk.sync().changes == SyncCounts(corrected=1)
    assert desk.classes_of("images/train/elsewhere.png") == ["dog"]


def test_that_a_picture_may_be_corrected_to_show_nothing(desk: Desk) -> None:
    desk.correct("images/train/shot 01.png")
    desk.sync()
    assert desk.pictures()["images/train/shot 01.png"].boxes == ()


def test_that_a_lost_label_is_made_good_by_a_correction(desk: Desk) -> None:
    digest = desk.pictures()["images/train/shot 01.png"].digest
    desk.source.put("labels/train/shot 01.txt", "nothing that can be read\n")
    desk.sync()
    assert "images/train/shot 01.png" not in desk.pictures()
    desk.correct("images/train/shot 01.png", ("car", (1.0, 2.0, 30.0, 40.0)), digest=digest)
    desk.sync()
    assert desk.classes_of("images/train/shot 01.png") == ["car"]


def test_that_a_correction_that_cannot_hold_is_a_finding_and_stops_nothing(desk: Desk) -> None:
    desk.correct("images/train/shot 01.png", ("bus", (1.0, 2.0, 30.0, 40.0)))
    desk.correct("images/train/gone.png", ("car", (1.0, 2.0, 30.0, 40.0)), digest="0" * 64)
    result = desk.sync()
    assert {"label_class_unknown", "label_picture_gone"} <= set(codes(result))
    assert desk.classes_of("images/train/shot 01.png") == ["car", "dog", "tree"]
