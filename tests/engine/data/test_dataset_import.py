"""Importing: bad input ends in one sentence and leaves nothing; splits are drawn the same every time."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.dataset import Index
from engine.contract.text.messages import UserError, sentences
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Shot, encoded, put, shots, write_coco, write_voc, write_yolo


def cut(path: Path) -> None:
    path.write_text(path.read_text()[:-40])


def change_annotation(root: Path, **values: int) -> None:
    path = root / "annotations" / "instances_train.json"
    document = json.loads(path.read_text())
    document["annotations"][4].update(values)
    path.write_text(json.dumps(document))


def missing_folder(root: Path) -> None:
    root.rmdir()


def empty_folder(root: Path) -> None:
    (root / "deeper").mkdir()


def a_file(root: Path) -> None:
    root.rmdir()
    put(root, "pictures")


def pictures_alone(root: Path) -> None:
    put(root / "a.png", encoded("a"))


def cut_json(root: Path) -> None:
    write_coco(root, shots())
    cut(root / "annotations" / "instances_val.json")


def other_json(root: Path) -> None:
    write_coco(root, shots())
    put(root / "annotations" / "instances_val.json", "[]")


def cut_xml(root: Path) -> None:
    write_voc(root, shots())
    cut(root / "Annotations" / "shot 03.xml")


def broken_yaml(root: Path) -> None:
    write_yolo(root, shots())
    put(root / "data.yaml", "names: [car\ntrain: x: y\n")


def picture_gone(root: Path) -> None:
    write_voc(root, shots())
    (root / "JPEGImages" / "shot 03.png").unlink()


def coco_picture_gone(root: Path) -> None:
    write_coco(root, shots())
    (root / "images" / "train" / "shot 03.png").unlink()


def yolo_picture_gone(root: Path) -> None:
    write_yolo(root, shots())
    (root / "images" / "train" / "shot 03.png").unlink()


def coco_id_unknown(root: Path) -> None:
    write_coco(root, shots())
    change_annotation(root, image_id=77)


def no_picture(root: Path) -> None:
    write_voc(root, shots())
    put(root / "JPEGImages" / "shot 03.png", "not a picture")


def other_class(root: Path) -> None:
    write_voc(root, shots())
    put(root / "label_list.txt", "car\ndog\n")


def coco_category_unknown(root: Path) -> None:
    write_coco(root, shots())
    change_annotation(root, category_id=12345)


def yolo_class_unknown(root: Path) -> None:
    write_yolo(root, shots())
    put(root / "labels" / "train" / "shot 03.txt", "0 .5 .5 .2 .2\n9 .5 .5 .2 .2\n")


def only_val(root: Path) -> None:
    write_voc(root, shots(0, 4, 0))


def no_boxes(root: Path) -> None:
    write_voc(root, [Shot("a", "train", ()), Shot("b", "val", ())])


BAD: list[tuple[Callable[[Path], None], str, list[str]]] = [
    (missing_folder, "folder_missing", []),
    (empty_folder, "folder_empty", []),
    (a_file, "folder_not", []),
    (pictures_alone, "unrecognised", []),
    (cut_json, "json_malformed", ["instances_val.json", "line 1, column "]),
    (other_json, "coco_shape", ["instances_val.json"]),
    (cut_xml, "xml_malformed", ["shot 03.xml", "line "]),
    (broken_yaml, "yaml_malformed", ["data.yaml", "line 2"]),
    (picture_gone, "picture_missing", ["shot 03.xml", "shot 03.png"]),
    (coco_picture_gone, "picture_missing", ["instances_train.json", "images[3]", "shot 03.png"]),
    (yolo_picture_gone, "picture_missing", ["shot 03.txt", "labels/train/shot 03"]),
    (coco_id_unknown, "coco_id_unknown", ["instances_train.json", "annotations[4]", "77"]),
    (no_picture, "picture_unreadable", ["shot 03.png", "shot 03.xml"]),
    (other_class, "class_unknown", ["shot 00.xml", "object 3", "tree"]),
    (coco_category_unknown, "class_unknown", ["instances_train.json", "annotations[4]", "12345"]),
    (yolo_class_unknown, "class_unknown", ["shot 03.txt", "line 2", "9"]),
    (only_val, "split_no_train", []),
    (no_boxes, "nothing_to_train", []),
]


@pytest.mark.parametrize(("harm", "code", "named"), BAD)
def test_that_bad_input_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, harm: Callable[[Path], None], code: str, named: list[str]
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    harm(root)
    with pytest.raises(UserError) as raised:
        import_dataset(root, tmp_path / "project" / "data" / "index.sqlite")
    assert raised.value.message.code == f"data.{code}"
    text = str(raised.value)
    assert str(root) in text and all(word in text for word in named), text
    assert "\n" not in text and "data." not in text.replace("data.yaml", "")
    assert not (tmp_path / "project").exists()


def test_that_a_cut_off_json_stops_even_with_fix(tmp_path: Path) -> None:
    cut_json(tmp_path)
    with pytest.raises(UserError):
        import_dataset(tmp_path, tmp_path / "index.sqlite", fix=True)


def test_that_a_class_list_that_does_not_match_names_class_file_and_place(tmp_path: Path) -> None:
    root = write_voc(tmp_path / "data", shots())
    with pytest.raises(UserError, match=r"shot 00\.xml, object 3: the class tree .*car, dog, bus"):
        import_dataset(root, tmp_path / "index.sqlite", classes=["car", "dog", "bus"])


@pytest.mark.parametrize("format", ["coco", "yolo", "pascal"])
def test_that_a_format_that_does_not_fit_is_refused(tmp_path: Path, format: str) -> None:
    root = write_voc(tmp_path, shots())
    with pytest.raises(UserError, match="voc"):
        check_dataset(root, format=format)


def test_that_the_named_format_wins_where_several_fit(tmp_path: Path) -> None:
    root = write_yolo(write_voc(tmp_path, shots()), shots())
    assert check_dataset(root, format="yolo").format == "yolo"
    report = check_dataset(root)
    assert report.format == "voc"
    assert [finding.message.code for finding in report.findings] == ["data.format_chosen", "data.pictures_unused"]


def test_that_a_failed_import_keeps_the_old_index(tmp_path: Path) -> None:
    root = write_voc(tmp_path / "data", shots())
    path = tmp_path / "index.sqlite"
    import_dataset(root, path)
    before = path.read_bytes()
    no_picture(root)
    with pytest.raises(UserError):
        import_dataset(root, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["index.sqlite"]


def test_that_progress_counts_every_picture(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    import_dataset(write_voc(tmp_path / "data", shots()), tmp_path / "i", progress=lambda *counts: told.append(counts))
    assert told == [(n, 10) for n in range(1, 11)]


def test_that_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    root = write_voc(tmp_path / "data", shots())
    (root / "JPEGImages" / "again").symlink_to(root, target_is_directory=True)
    assert check_dataset(root).findings == ()


def test_that_a_name_that_is_not_utf8_is_passed_over(tmp_path: Path) -> None:
    root = write_voc(tmp_path / "data", shots())
    Path(os.fsdecode(bytes(root / "JPEGImages") + b"/\xbf\xc9.png")).write_bytes(encoded("x"))
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert [finding.message.code for finding in report.findings] == ["data.name_not_utf8"]
    assert Index.open(tmp_path / "index.sqlite").counts()["train"] == 6
    assert report.model_dump_json()


WRITERS = {"voc": write_voc, "coco": write_coco, "yolo": write_yolo}
TEXTS = (".xml", ".json", ".txt", ".yaml")
SPOILERS = [
    b"",
    b"\x00",
    b"\xff",
    b"<",
    b"}",
    b",",
    b"-",
    b"1e999",
    b"9" * 400,
    b"nan",
    b'"',
    b"null",
    b"[]",
    b"\n",
]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(WRITERS)), st.data())
def test_that_no_damage_to_annotations_ends_in_anything_but_a_finding(format: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = WRITERS[format](Path(folder) / "data", shots(1, 1, 1))
        files = sorted(path for path in root.rglob("*") if path.suffix in TEXTS)
        for _ in range(data.draw(st.integers(1, 3))):
            path = data.draw(st.sampled_from(files))
            raw = path.read_bytes()
            first = data.draw(st.integers(0, len(raw)))
            last = data.draw(st.integers(first, min(first + 12, len(raw))))
            path.write_bytes(raw[:first] + data.draw(st.sampled_from(SPOILERS)) + raw[last:])
        for fix in (False, True):
            report = check_dataset(root, format=format, fix=fix)
            assert all(finding.message.code in sentences() for finding in report.findings)
            index = Path(folder) / "index.sqlite"
            if report.has_errors:
                with pytest.raises(UserError):
                    import_dataset(root, index, format=format, fix=fix)
                assert not index.exists()
            else:
                assert import_dataset(root, index, format=format, fix=fix) == report
                index.unlink()
