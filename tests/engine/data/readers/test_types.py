"""Ids, numbers and flags by their types: what is text in one list and a number in another, and what is neither."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.readers.values import ById, flag, number
from tests.fakes.datasets import Shot, encoded, put, shots, write_coco, write_voc
from tests.fakes.indexes import pictures_by_name
from tests.fakes.reports import codes, only

Change = Callable[[dict[str, Any]], None]


def changed(root: Path, change: Change) -> Path:
    """A COCO set whose json was changed."""
    write_coco(root, shots(8, 0, 0))
    path = root / "annotations" / "instances_train.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return root


def every(key: str, field: str, make: Callable[[Any], Any]) -> Change:
    def change(document: dict[str, Any]) -> None:
        for entry in document[key]:
            entry[field] = make(entry.get(field))

    return change


def boxes_and_crowds(root: Path, index: Path) -> tuple[int, int]:
    import_dataset(root, index)
    boxes = [box for picture in pictures_by_name(index).values() for box in picture.boxes]
    return len(boxes), sum(box.crowd for box in boxes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (every("images", "id", str), True),
        (every("annotations", "image_id", str), True),
        (every("annotations", "image_id", float), False),
        (every("annotations", "category_id", float), False),
        (every("annotations", "category_id", str), True),
        (every("categories", "id", str), True),
        (every("annotations", "bbox", lambda box: [str(n) for n in box]), True),
        (every("annotations", "iscrowd", lambda _: "0"), True),
        (every("annotations", "iscrowd", lambda _: "false"), True),
        (every("annotations", "iscrowd", lambda _: False), False),
        (every("annotations", "iscrowd", lambda _: None), False),
        (every("annotations", "ignore", lambda _: "0"), True),
        (every("images", "width", str), False),
    ],
)
def test_that_values_count_and_not_their_spelling(tmp_path: Path, change: Change, said: bool) -> None:
    root = changed(tmp_path / "data", change)
    assert boxes_and_crowds(root, tmp_path / "index.sqlite") == (24, 0)
    assert codes(check_dataset(root)) == ["coco_retyped"] * said


@pytest.mark.parametrize("value", ["1", "true", 1, 1.0, True])
def test_that_a_crowd_is_a_crowd_however_it_is_written(tmp_path: Path, value: object) -> None:
    def change(document: dict[str, Any]) -> None:
        document["annotations"][0]["iscrowd"] = value
        document["annotations"][1]["ignore"] = value

    assert boxes_and_crowds(changed(tmp_path / "data", change), tmp_path / "i.sqlite") == (24, 2)


@pytest.mark.parametrize(
    ("key", "field", "value", "shown"),
    [
        ("annotations", "iscrowd", "maybe", 'text "maybe"'),
        ("annotations", "iscrowd", 2, "number 2"),
        ("annotations", "ignore", [], "list []"),
        ("annotations", "image_id", [1], "list [1]"),
        ("annotations", "image_id", True, "truth value True"),
        ("images", "id", 1.5, "number 1.5"),
        ("categories", "id", None, "null"),
        ("categories", "name", 1.5, "number 1.5"),
    ],
)
def test_that_a_wrong_type_is_named_with_its_place(
    tmp_path: Path, key: str, field: str, value: object, shown: str
) -> None:
    root = changed(tmp_path, lambda document: document[key][2].update({field: value}))
    found = next(f for f in check_dataset(root).findings if f.message.code == "data.coco_type")
    assert (found.severity, found.place, found.message.args["found"]) == ("error", f"{key}[2]", shown)
    assert field in found.line() and f"{key}[2]" in found.line()


def test_that_a_picture_whose_annotations_went_astray_is_not_background(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        for annotation in document["annotations"][:3]:
            annotation["image_id"] = 777

    report = check_dataset(changed(tmp_path, change), fix=True)
    assert not report.has_errors
    assert sum(split.pictures_without_boxes for split in report.statistics.splits.values()) == 0
    assert only(report, "label_lost").message.args["picture"] == "images/train/shot 00.png"


@pytest.mark.parametrize("word", ["1", "True", "yes", " 1 "])
def test_that_difficult_is_read_in_all_spellings(tmp_path: Path, word: str) -> None:
    root = write_voc(tmp_path / "data", shots())
    xml = root / "Annotations" / "shot 00.xml"
    xml.write_text(xml.read_text().replace("<difficult>0", f"<difficult>{word}", 1))
    import_dataset(root, tmp_path / "index.sqlite")
    boxes = pictures_by_name(tmp_path / "index.sqlite")["shot 00"].boxes
    assert [box.difficult for box in boxes] == [True, False, False]


def test_that_an_unclear_flag_of_voc_is_named(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    xml = root / "Annotations" / "shot 00.xml"
    xml.write_text(xml.read_text().replace("<difficult>0", "<difficult>hard", 1))
    found = only(check_dataset(root), "flag_unclear")
    assert (found.severity, found.place) == ("error", "object 1") and 'text "hard"' in found.line()


def test_that_a_picture_none_of_whose_boxes_can_stand_is_not_background(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("bad", boxes=(("car", (5, 5, 5, 5)),)), Shot("empty", boxes=())])
    report = check_dataset(root)
    assert only(report, "label_lost").message.args["picture"] == "JPEGImages/bad.png"
    assert report.statistics.splits["train"].pictures_without_boxes == 1


def test_that_tags_in_capitals_and_another_root_are_read(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    for path in (root / "Annotations").iterdir():
        text = path.read_text().replace("annotation>", "Annotation>").replace("bndbox", "BndBox")
        put(path, text.replace("object>", "Object>").replace("xmin", "Xmin"))
    report = check_dataset(root)
    assert report.statistics.splits["train"].boxes == 18
    assert only(report, "xml_read_as_voc").message.args["tag"] == "Annotation"


def test_that_numbers_and_flags_are_told_from_what_is_none() -> None:
    assert [number(v) for v in ("1", " 2.5 ", 3, True, None, "", "x", "nan", float("inf"), 10**400)] == [
        *(1.0, 2.5, 3.0),
        *(None,) * 7,
    ]
    assert [flag(v) for v in (0, "0", "", None, "False", 1, "TRUE", 1.0, True)] == [False] * 5 + [True] * 4
    unclear: list[object] = [2, "maybe", [], 0.5]
    assert [flag(value) for value in unclear] == [None] * 4


@pytest.mark.parametrize("odd", ["9" * 400, "9" * 5000, "[" * 100_000, "1e999", "NaN"])
def test_that_numbers_beyond_all_measure_are_findings(tmp_path: Path, odd: str) -> None:
    root = write_coco(tmp_path, shots())
    path = root / "annotations" / "instances_val.json"
    path.write_text(path.read_text().replace('"category_id": 900', f'"category_id": {odd}', 1))
    assert check_dataset(root).has_errors


def test_that_an_id_is_exact_where_it_can_be() -> None:
    held = ById([("01", "text"), (1, "number")])
    assert (held.get("01"), held.get(1), held.get(1.0)) == ("text", "number", "number")
    assert held.get("1") is None and not held.retyped


@pytest.mark.parametrize(("ids", "image_id"), [((2**53, 2**53 + 2), 2**53 + 1), ((10, 11), "1_0"), ((3, 4), "\u0663")])
def test_that_an_id_that_is_nearly_one_is_unknown(tmp_path: Path, ids: tuple[int, int], image_id: object) -> None:
    def change(document: dict[str, Any]) -> None:
        document["images"][0]["id"], document["images"][1]["id"] = ids
        document["annotations"] = document["annotations"][6:]
        document["annotations"].append({**document["annotations"][0], "image_id": image_id})

    report = check_dataset(changed(tmp_path, change))
    assert only(report, "coco_id_unknown").message.args["id"] == str(image_id) and "coco_retyped" not in codes(report)


def test_that_ids_of_64_bits_are_told_apart() -> None:
    by_id = ById([(2**53, "one"), (2**53 + 1, "two"), (str(2**53 + 2), "three")])
    assert [by_id.get(2**53 + n) for n in range(4)] == ["one", "two", "three", None]
    assert by_id.get("9" * 5000) is None
    assert ById([(7, "seven")]).get("7.0") == "seven"


def test_that_a_difficult_that_could_mean_anything_is_named(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["annotations"][0]["difficult"] = "maybe"

    root = changed(tmp_path / "data", change)
    found = only(check_dataset(root), "coco_type")
    assert (found.place, found.message.args["field"], found.mend) == ("annotations[0]", "difficult", "dropped")
    import_dataset(root, tmp_path / "index.sqlite", fix=True)
    assert sum(len(picture.boxes) for picture in pictures_by_name(tmp_path / "index.sqlite").values()) == 23


def test_that_underscores_are_no_part_of_a_number(tmp_path: Path) -> None:
    assert [number(word) for word in ("1_0", "0.1_5", "_1", "1__0")] == [None] * 4
    assert flag("0_0") is None and ById([(10, "ten")]).get("1_0") is None
    names = ", ".join("abcdefghijk")
    for n, line in enumerate(("10 .5 .5 .5 .5", "1_0 .5 .5 .5 .5", "1 .5 .5 .5 .5\n1 .5 .5 .5 .2_5")):
        put(tmp_path / "data" / "images" / f"p{n}.png", encoded(f"p{n}"))
        put(tmp_path / "data" / "labels" / f"p{n}.txt", line)
    put(tmp_path / "data" / "data.yaml", f"names: [{names}]\n")
    report = import_dataset(tmp_path / "data", tmp_path / "index.sqlite")
    lost = [(f.file, f.place) for f in report.findings if f.message.code == "data.box_unreadable"]
    assert lost == [("labels/p1.txt", "line 1"), ("labels/p2.txt", "line 2")]
    read = pictures_by_name(tmp_path / "index.sqlite")
    assert {name: [box.class_id for box in picture.boxes] for name, picture in read.items()} == {"p0": [10], "p2": [1]}


def test_that_ids_are_compared_in_all_their_digits() -> None:
    large = 2**53
    held = ById([(large, "even"), (7, "seven")])
    assert held.get(large + 1) is None and held.get(str(large + 1)) is None
    assert held.get(str(large)) == "even" and held.get("7.0") == held.get(" +07") == "seven" and held.retyped
