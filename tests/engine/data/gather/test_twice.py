"""One picture of several annotations: one row, the boxes of all, equal ones once, and both files named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.contract.dataset import Index
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import CLASSES, Edges, Shot, coco_document, encoded, put, shots, voc_xml
from tests.fakes.reports import codes, only

OLD: Edges = (4, 6, 30, 40)
NEW: Edges = (34, 8, 60, 30)
Boxes = Sequence[tuple[str, Edges]]
Write = Callable[[Path, str, str, Boxes], None]


def voc(root: Path, name: str, picture: str, boxes: Boxes) -> None:
    put(root / "Annotations" / f"{name}.xml", voc_xml(Shot(picture, boxes=tuple(boxes))))


def cvat(root: Path, name: str, picture: str, boxes: Boxes) -> None:
    shapes = "".join(
        f'<box label="{label}" xtl="{e[0]}" ytl="{e[1]}" xbr="{e[2]}" ybr="{e[3]}"/>' for label, e in boxes
    )
    image = f'<image id="0" name="{picture}.png" width="64" height="48">{shapes}</image>'
    put(root / f"{name}.xml", f"<annotations>{image}</annotations>")


def labelme(root: Path, name: str, picture: str, boxes: Boxes) -> None:
    found = [{"label": label, "points": [list(e[:2]), list(e[2:])], "shape_type": "rectangle"} for label, e in boxes]
    put(root / f"{name}.json", json.dumps({"shapes": found, "imagePath": f"{picture}.png"}))


def createml(root: Path, name: str, picture: str, boxes: Boxes) -> None:
    found = [
        {
            "label": label,
            "coordinates": {"x": (a + c) / 2, "y": (b + d) / 2, "width": c - a, "height": d - b},
        }
        for label, (a, b, c, d) in boxes
    ]
    put(root / f"{name}.json", json.dumps([{"image": f"{picture}.png", "annotations": found}]))


def coco(root: Path, name: str, picture: str, boxes: Boxes) -> None:
    put(root / f"{name}.json", json.dumps(coco_document([Shot(picture, boxes=tuple(boxes))], CLASSES)))


WRITERS: list[Write] = [voc, cvat, labelme, createml, coco]


def source(root: Path, write: Write, *copies: Boxes) -> Path:
    """Six pictures with a file each; the first has more files, which say `copies`."""
    for n in range(6):
        put(root / ("JPEGImages" if write is voc else "") / f"{n}.png", encoded(str(n)))
        write(root, str(n), str(n), [("car", OLD)])
    for n, boxes in enumerate(copies):
        write(root, f"0 copy {n}", "0", boxes)
    return root


def rows(index: Path) -> dict[str, list[tuple[str, Edges]]]:
    """The boxes of every picture that is in use; each picture is there once."""
    with Index.open(index) as opened:
        classes, pictures = opened.classes(), opened.pictures()
    found = {
        Path(picture.path).stem: [(classes[b.class_id], (b.x1, b.y1, b.x2, b.y2)) for b in picture.boxes]
        for picture in pictures
        if picture.split != "none"
    }
    assert len(found) == len(pictures)
    return found


@pytest.mark.parametrize("fix", [False, True])
@pytest.mark.parametrize("write", WRITERS)
def test_that_a_picture_of_two_files_has_the_boxes_of_both_in_one_row(tmp_path: Path, write: Write, fix: bool) -> None:
    root = source(tmp_path / "data", write, [("car", OLD), ("dog", NEW)])
    report = import_dataset(root, tmp_path / "index.sqlite", fix=fix)
    held = rows(tmp_path / "index.sqlite")
    assert sorted(held["0"]) == [("car", OLD), ("dog", NEW)]
    assert [held[str(n)] for n in range(1, 6)] == [[("car", OLD)]] * 5
    told = only(report, "annotated_twice")
    assert {Path(told.file).stem, Path(str(told.message.args["other"])).stem} == {"0", "0 copy 0"}
    assert "split_leak" not in codes(report) and "picture_duplicate" not in codes(report)


def test_that_files_that_say_the_same_are_a_note(tmp_path: Path) -> None:
    root = source(tmp_path / "data", voc, [("car", (4.5, 6, 30, 40))])
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert only(report, "annotated_alike").severity == "info" and "annotated_twice" not in codes(report)
    assert len(rows(tmp_path / "index.sqlite")["0"]) == 1


def test_that_a_file_without_boxes_takes_none_away_and_is_said(tmp_path: Path) -> None:
    root = source(tmp_path / "data", voc, [])
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert rows(tmp_path / "index.sqlite")["0"] == [("car", OLD)]
    assert only(report, "annotated_twice").severity == "warning"


def two_of_coco(root: Path, change: Callable[[dict[str, Any]], None], first: Boxes = (("car", OLD),)) -> Path:
    """One json of all pictures, and a second one of the first picture that was changed."""
    written = [Shot(str(n), boxes=tuple(first) if n == 0 else (("car", OLD),)) for n in range(6)]
    for shot in written:
        put(root / "images" / f"{shot.name}.png", encoded(shot.name))
    put(root / "a.json", json.dumps(coco_document(written)))
    document: dict[str, Any] = coco_document([Shot("0", boxes=(("dog", (17, 4, 30, 15)),))])
    change(document)
    put(root / "b.json", json.dumps(document))
    return root


def test_that_boxes_of_a_second_size_are_said_and_scaled_with_fix(tmp_path: Path) -> None:
    def halved(document: dict[str, Any]) -> None:
        document["images"][0].update(width=32, height=24)

    root = two_of_coco(tmp_path / "data", halved)
    told = only(check_dataset(root), "picture_resized")
    assert (told.file, told.mend) == ("b.json", "scaled")
    import_dataset(root, tmp_path / "index.sqlite", fix=True)
    assert rows(tmp_path / "index.sqlite")["0"] == [("car", OLD), ("dog", (34, 8, 60, 30))]


def test_that_what_a_second_file_lost_does_not_pass_for_empty(tmp_path: Path) -> None:
    def unreadable(document: dict[str, Any]) -> None:
        document["annotations"][0]["bbox"][2] = "x"

    root = two_of_coco(tmp_path / "data", unreadable, first=())
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert only(report, "label_lost").file == "b.json"
    assert sorted(rows(tmp_path / "index.sqlite")) == ["1", "2", "3", "4", "5"]


def test_that_two_splits_of_create_ml_are_settled(tmp_path: Path) -> None:
    for shot in shots(6, 0, 0):
        put(tmp_path / "data" / f"{shot.name}.png", encoded(shot.name))
    for part, names in (("train", range(6)), ("valid", range(4, 6))):
        (tmp_path / "data" / part).mkdir()
        entry = {"label": "car", "coordinates": {"x": 20, "y": 20, "width": 10, "height": 10}}
        found = [{"image": f"shot {n:02}.png", "annotations": [entry]} for n in names]
        put(tmp_path / "data" / part / "_annotations.createml.json", json.dumps(found))
    report = import_dataset(tmp_path / "data", tmp_path / "index.sqlite")
    with Index.open(tmp_path / "index.sqlite") as index:
        assert [picture.split for picture in index.pictures()] == ["train"] * 4 + ["val"] * 2
    assert codes(report).count("listed_twice") == 2
