"""Labels that were corrected in a project hold over those of its source, and stop nothing where they cannot hold."""

from __future__ import annotations

import io

from PIL import Image

from engine.contract.labels import CORRECTED
from engine.contract.source.changes import SyncCounts
from tests.fakes.datasets import Shot, encoded
from tests.fakes.synced import ONE, Desk, codes
from tests.fakes.turned import with_orientation


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


def test_that_what_boxes_were_drawn_on_can_be_said_later_and_corrections_are_of_what_is_shown(desk: Desk) -> None:
    path = "images/train/shot 01.png"
    with Image.open(io.BytesIO(encoded("turned"))) as picture:
        desk.source.put(path, with_orientation(picture, 6, "png"))
    desk.source.label(Shot("shot 01", "train", (("dog", (0.0, 0.0, 32.0, 12.0)),)))
    assert "exif_unclear_sync" in codes(desk.sync())
    seen = desk.pictures()[path]
    assert (seen.width, seen.height) == (48, 64) and edges(desk, path) == (0, 0, 24, 16), "shares of what is shown"
    assert "exif_asked" in codes(desk.sync(exif="stored"))
    assert edges(desk, path) == (36, 0, 48, 32), "turned with the picture"
    assert "exif_asked" in codes(desk.sync()) and edges(desk, path) == (36, 0, 48, 32)
    desk.correct(path, ("dog", (1.0, 2.0, 20.0, 60.0)))
    desk.sync()
    assert edges(desk, path) == (1, 2, 20, 60)


def edges(desk: Desk, path: str) -> tuple[int, ...]:
    (box,) = desk.pictures()[path].boxes
    return tuple(round(edge) for edge in (box.x1, box.y1, box.x2, box.y2))
