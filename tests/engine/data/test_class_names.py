"""Class names are as they are written; lists are compared by name, each for its own folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Shot, coco_document, encoded, put, shots, write_coco, write_voc, write_yolo
from tests.fakes.indexes import boxes_by_picture
from tests.fakes.reports import codes, only


@pytest.mark.parametrize(
    ("yaml", "names"),
    [
        ("names: [02146, 1e3, no]", ("02146", "1e3", "no")),
        ("names: [yes, off, ~]", ("yes", "off", "~")),
        ("names: [0x1F, 1_000, 1:30]", ("0x1F", "1_000", "1:30")),
        ("names: [2024-01-05, .5, null]", ("2024-01-05", ".5", "null")),
        ("names:\n  0: 007\n  1: true\n  2: 'no'\n", ("007", "true", "no")),
        ("names:\n  - 3.10\n  - 'NaN'\n  - on\n", ("3.10", "NaN", "on")),
        ('names: {"0": y, "1": n, "2": N}', ("y", "n", "N")),
    ],
)
def test_that_names_are_what_is_written_not_what_yaml_means(tmp_path: Path, yaml: str, names: tuple[str, ...]) -> None:
    root = write_yolo(tmp_path, shots())
    put(root / "data.yaml", yaml + "\n")
    assert check_dataset(root).classes == names


@pytest.mark.parametrize("yaml", ["names: {car: 0, dog: 1, tree: 2}", "names: [[car, dog], tree]", "names: car"])
def test_that_names_in_no_known_shape_stop(tmp_path: Path, yaml: str) -> None:
    root = write_yolo(tmp_path, shots())
    put(root / "data.yaml", yaml + "\n")
    assert only(check_dataset(root), "names_shape").severity == "error"


def test_that_equal_names_and_a_wrong_count_are_said(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots())
    put(root / "data.yaml", "nc: 4\nnames: [car, dog, car]\n")
    report = check_dataset(root)
    assert report.classes == ("car", "dog")
    assert only(report, "names_equal").message.args["numbers"] == "0, 2"
    assert only(report, "names_count").message.args["count"] == 3


def test_that_equal_names_of_coco_are_said(tmp_path: Path) -> None:
    root = write_coco(tmp_path, shots(8, 0, 0))
    path = root / "annotations" / "instances_train.json"
    document = json.loads(path.read_text())
    document["categories"][0]["name"] = document["categories"][1]["name"]
    path.write_text(json.dumps(document))
    assert only(check_dataset(root), "names_equal").file == "annotations/instances_train.json"


def test_that_classes_that_differ_in_capitals_only_are_said(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("big", boxes=(("Car", (1, 2, 30, 40)),))])
    report = check_dataset(root)
    assert set(report.classes) == {"car", "Car", "dog", "tree"}
    assert only(report, "names_alike").message.args["names"] == '"Car", "car"'


def test_that_an_empty_line_of_a_list_has_its_number(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots())
    (root / "data.yaml").unlink()
    put(root / "classes.txt", "car\n\ntree\n")
    report = check_dataset(root)
    assert report.classes == ("car", "tree")
    assert {f.message.args["name"] for f in report.findings if f.message.code == "data.class_unknown"} == {"#1"}


def two_folders(root: Path, first: str, second: str) -> Path:
    """Two folders with a list of classes each; every label is of class 0."""
    for folder, names in (("train", first), ("val", second)):
        for n in range(3):
            put(root / folder / "images" / f"{folder}{n}.png", encoded(f"{folder}{n}"))
            put(root / folder / "labels" / f"{folder}{n}.txt", "0 .5 .5 .2 .2\n")
        put(root / folder / "labels" / "classes.txt", names)
    return root


def test_that_each_folder_has_its_own_list(tmp_path: Path) -> None:
    root = two_folders(tmp_path / "data", "cat\ndog\n", "dog\ncat\n")
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert report.classes == ("cat", "dog")
    assert codes(report) == ["lists_merged", "class_untrained"]
    found = boxes_by_picture(tmp_path / "index.sqlite")
    assert {name: boxes[0] for name, boxes in found.items()} == {
        **{f"train{n}": "cat" for n in range(3)},
        **{f"val{n}": "dog" for n in range(3)},
    }


def test_that_lists_that_add_to_each_other_are_one(tmp_path: Path) -> None:
    report = check_dataset(two_folders(tmp_path, "cat\ndog\n", "cat\ndog\nowl\n"))
    assert report.classes == ("cat", "dog", "owl")
    assert not report.has_errors


def test_that_a_list_that_contradicts_the_yaml_above_stops_and_names_both(tmp_path: Path) -> None:
    root = two_folders(tmp_path, "cat\ndog\n", "cat\ndog\n")
    put(root / "data.yaml", "names: [dog, cat]\n")
    found = [f for f in check_dataset(root).findings if f.message.code == "data.lists_differ"]
    assert found and found[0].severity == "error"
    assert "data.yaml" in found[0].line() and "train/labels/classes.txt" in found[0].line()
    assert "0 dog" in found[0].line() and "0 cat" in found[0].line()


def test_that_coco_files_are_compared_by_name(tmp_path: Path) -> None:
    written = shots(6, 2, 0)
    root = write_coco(tmp_path / "data", written)
    val = [shot for shot in written if shot.part == "val"]
    put(root / "annotations" / "instances_val.json", json.dumps(coco_document(val, ("tree", "car", "dog"))))
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert report.classes == ("car", "dog", "tree")
    assert set(map(tuple, boxes_by_picture(tmp_path / "index.sqlite").values())) == {("car", "dog", "tree")}


def test_that_lists_of_a_devkit_are_put_together(tmp_path: Path) -> None:
    for year, name in (("VOC2007", "car"), ("VOC2012", "dog")):
        write_voc(tmp_path / year, [Shot(f"{year}{n}", boxes=((name, (1, 2, 30, 40)),)) for n in range(4)])
        put(tmp_path / year / "label_list.txt", f"{name}\n")
    report = check_dataset(tmp_path)
    assert report.classes == ("car", "dog")
    assert "lists_joined" in codes(report) and not report.has_errors
