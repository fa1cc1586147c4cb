"""Layouts that people have: one folder for train and val, two formats side by side; no remedy loses pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.gather.parts import settle_parts
from tests.fakes.datasets import Shot, coco_document, encoded, put, shots, write_coco, write_voc, write_yolo, yolo_lines
from tests.fakes.reports import codes, only


def counts(root: Path, **options: object) -> dict[str, int]:
    report = check_dataset(root, **options)  # type: ignore[arg-type]
    assert not report.has_errors, [finding.line() for finding in report.findings]
    return {part: split.pictures for part, split in report.statistics.splits.items()}


def told(root: Path, *, fix: bool = False) -> list[str]:
    """The codes of all findings but those of classes that a small set has not."""
    return [code for code in codes(check_dataset(root, fix=fix)) if code != "class_unused"]


def flat_yolo(root: Path, yaml: str, count: int = 10) -> Path:
    for n in range(count):
        put(root / "images" / "all" / f"{n}.png", encoded(str(n)))
        put(root / "labels" / "all" / f"{n}.txt", yolo_lines(Shot(str(n))))
    put(root / "data.yaml", yaml + "\nnames: [car, dog, tree]\n")
    return root


@pytest.mark.parametrize(
    "yaml",
    [
        "train: images/all\nval: images/all",
        "path: ../other/place\ntrain: images/all\nval: images/all\ntest:",
        "train: /home/me/images/all\nval: /home/me/images/all/",
        "train: list.txt\nval: list.txt",
        "train: images/all\nval: images/all\ntest: images/all",
    ],
)
def test_that_one_folder_for_train_and_val_is_said_and_val_drawn(tmp_path: Path, yaml: str) -> None:
    root = flat_yolo(tmp_path, yaml)
    put(root / "list.txt", "".join(f"./images/all/{n}.png\n" for n in range(10)))
    assert counts(root) == {"train": 9, "val": 1}
    assert only(check_dataset(root), "split_same").message.args["count"] == 10


def test_that_one_list_for_train_and_val_is_the_same_in_voc_and_coco(tmp_path: Path) -> None:
    voc = write_voc(tmp_path / "voc", shots(10, 0, 0))
    main = voc / "ImageSets" / "Main"
    put(main / "val.txt", (main / "train.txt").read_bytes())
    coco = write_coco(tmp_path / "coco", shots(10, 0, 0))
    for part in ("train", "val"):
        put(coco / "annotations" / f"instances_{part}2017.json", json.dumps(coco_document(shots(10, 0, 0))))
    (coco / "annotations" / "instances_train.json").unlink()
    (coco / "images" / "train").rename(coco / "images" / "all")
    for root in (voc, coco):
        assert counts(root) == {"train": 9, "val": 1}
        assert "split_same" in codes(check_dataset(root))


def test_that_val_and_test_of_one_folder_are_val(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots(6, 3, 0))
    put(root / "data.yaml", "train: images/train\nval: images/val\ntest: images/val\nnames: [car, dog, tree]\n")
    assert counts(root) == {"train": 6, "val": 3}
    assert codes(check_dataset(root)) == ["split_same_held"]


def test_that_pictures_of_two_splits_are_held_out_and_said(tmp_path: Path) -> None:
    root = flat_yolo(tmp_path, "train: a.txt\nval: b.txt")
    put(root / "a.txt", "".join(f"images/all/{n}.png\n" for n in range(8)))
    put(root / "b.txt", "".join(f"images/all/{n}.png\n" for n in range(6, 10)))
    assert counts(root) == {"train": 6, "val": 4}
    assert only(check_dataset(root), "split_overlap").message.args["count"] == 2


def test_that_parts_are_settled_by_what_is_left_to_train_on() -> None:
    parts, findings = settle_parts({"a": {"train", "val"}, "b": {"val"}}, "x")
    assert (parts, len(findings)) == ({"a": "train", "b": "val"}, 1)
    parts, findings = settle_parts({"a": {"train", "test"}, "b": {"train"}, "c": {"val"}}, "x")
    assert (parts, findings) == ({"a": "test", "b": "train", "c": "val"}, [])


def test_that_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    root = flat_yolo(tmp_path, "train: images/all\nval: pictures/held")
    assert only(check_dataset(root), "yaml_path_missing").message.args["target"] == "pictures/held"


def test_that_a_folder_without_a_picture_is_not_called_missing(tmp_path: Path) -> None:
    root = flat_yolo(tmp_path, "train: images/all\nval: ../valid/images")
    (root / "valid" / "images").mkdir(parents=True)
    found = only(check_dataset(root), "yaml_path_empty")
    assert (found.message.args["key"], found.message.args["target"]) == ("val", "../valid/images")
    put(root / "valid" / "images" / ".gitkeep", "")
    put(root / "valid" / "images" / "note.md", "none yet")
    assert told(root) == told(root, fix=True) == ["yaml_path_empty"]
    put(root / "data.yaml", f"train: images/all\nval: {'x' * 5000}\nnames: [car]\n")
    assert told(root) == ["yaml_path_missing"]


@pytest.mark.parametrize("here", [".", "./", "path: .\ntrain: ."])
def test_that_a_yaml_may_name_its_own_folder(tmp_path: Path, here: str) -> None:
    train = here if "train" in here else f"train: {here}"
    root = flat_yolo(tmp_path / "same", f"{train}\nval: .")
    assert counts(root) == {"train": 9, "val": 1} and told(root) == ["split_same"]
    root = write_yolo(tmp_path / "apart", shots(6, 2, 0))
    put(root / "data.yaml", f"{train}\nval: images/val\nnames: [car, dog, tree]\n")
    assert counts(root) == {"train": 6, "val": 2} and codes(check_dataset(root)) == []


def ultralytics_coco(root: Path) -> Path:
    """Labels for all pictures, a json for those of val alone."""
    written = shots(7, 3, 0)
    write_yolo(root, written)
    val = [shot for shot in written if shot.part == "val"]
    put(root / "annotations" / "instances_val2017.json", json.dumps(coco_document(val)))
    return root


def test_that_the_format_with_the_most_pictures_is_read(tmp_path: Path) -> None:
    report = check_dataset(ultralytics_coco(tmp_path))
    assert report.format == "yolo" and counts(tmp_path) == {"train": 7, "val": 3}
    assert only(report, "format_chosen").message.args["others"] == "coco"


def test_that_a_refusal_names_the_format_that_has_the_pictures(tmp_path: Path) -> None:
    root = ultralytics_coco(tmp_path / "data")
    with pytest.raises(UserError, match="--format yolo") as raised:
        import_dataset(root, tmp_path / "index.sqlite", format="coco")
    assert "0.8" not in str(raised.value)
    report = check_dataset(root, format="coco")
    assert only(report, "format_fuller").message.args == {
        **{"file": "", "place": "", "format": "coco", "fuller": "yolo"},
        **{"count": 3, "more": 10},
    }


def test_that_no_remedy_leaves_everything_out(tmp_path: Path) -> None:
    coco = write_coco(tmp_path / "ids", shots(6, 0, 0))
    path = coco / "annotations" / "instances_train.json"
    document = json.loads(path.read_text())
    for annotation in document["annotations"]:
        annotation["image_id"] += 7
    path.write_text(json.dumps(document))
    classes = write_voc(tmp_path / "classes", shots())
    put(classes / "label_list.txt", "cat\nfish\n")
    pointers = write_voc(tmp_path / "pointers", shots())
    for picture in (pointers / "JPEGImages").iterdir():
        put(picture, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    for root, code in ((coco, "coco_ids_apart"), (classes, "classes_apart"), (pointers, "pictures_unreadable")):
        found = only(check_dataset(root), code)
        assert found.severity == "error" and found.mend is None and "--fix" not in found.line()
        assert check_dataset(root, fix=True).has_errors


def test_that_every_json_of_coco_counts_but_not_its_captions(tmp_path: Path) -> None:
    root = write_coco(tmp_path, shots(6, 2, 0))
    folder = root / "annotations"
    put(folder / "captions_train.json", '{"images": [{"id": 1, "file_name": "x.png"}], "annotations": []}')
    (folder / "instances_train.json").rename(folder / "train.json")
    assert counts(root) == {"train": 6, "val": 2} and codes(check_dataset(root)) == []
    put(folder / "test.json", json.dumps({"images": [{"id": 1, "file_name": "shot 00.png"}]}))
    assert only(check_dataset(root), "coco_unannotated").action == "left_out"
    assert counts(root) == {"train": 6, "val": 2}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<object>", "<objects><object>"),
        ("<object>", "<item>"),
        ("<bndbox>", "<BndBox>"),
    ],
)
def test_that_what_is_almost_voc_is_read(tmp_path: Path, old: str, new: str) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("one")])
    path = root / "Annotations" / "one.xml"
    close = {"<objects><object>": "</object></objects>", "<item>": "</item>", "<BndBox>": "</BndBox>"}[new]
    text = path.read_text().replace(old, new).replace(old.replace("<", "</"), close)
    put(path, text)
    assert check_dataset(root).statistics.splits["train"].boxes == 19


def test_that_one_yaml_of_a_folder_tells_the_splits(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots(6, 2, 0))
    for name, train, val in (("data", "train", "val"), ("a_old", "val", "train")):
        put(root / f"{name}.yaml", f"train: images/{train}\nval: images/{val}\nnames: [car, dog, tree]\n")
    assert counts(root) == {"train": 6, "val": 2}
    assert only(check_dataset(root), "yaml_passed_over").file == "a_old.yaml"


def test_that_pictures_without_annotation_are_said_and_not_lost_by_a_remedy(tmp_path: Path) -> None:
    root = write_coco(tmp_path, shots(6, 2, 0))
    put(root / "images" / "train" / "extra.png", encoded("extra"))
    assert only(check_dataset(root), "pictures_unused").message.args["count"] == 1
    (root / "annotations" / "instances_train.json").unlink()
    assert only(check_dataset(root), "split_no_train_unannotated").message.args["count"] == 7


def test_that_paths_of_a_yaml_are_found_without_case(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots(6, 2, 0))
    put(root / "data.yaml", "train: Images/Train\nval: IMAGES/VAL\nnames: [car, dog, tree]\n")
    assert counts(root) == {"train": 6, "val": 2} and codes(check_dataset(root)) == []


def test_that_xml_of_another_kind_is_left_out_only_where_others_remain(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    put(root / "Annotations" / "other.xml", "<project><name>x</name></project>")
    found = only(check_dataset(root), "xml_other")
    assert (found.mend, found.message.args["tag"]) == ("left_out", "project")
    for path in (root / "Annotations").iterdir():
        put(path, "<project><name>x</name></project>")
    found = next(f for f in check_dataset(root).findings if f.message.code == "data.xml_other")
    assert found.mend is None and "--fix" not in found.line() and "Pascal VOC, COCO or YOLO" in found.line()


@pytest.mark.parametrize(
    ("name", "text", "owner"),
    [
        ("via.json", '{"_via_settings": {}, "a.png1": {"regions": [{"shape_attributes": {}}]}}', "VGG"),
        ("tasks.json", '[{"annotations": [{"completed_by": 1, "result": []}]}]', "Label Studio"),
        ("a.png.json", '{"objects": [{"classTitle": "car", "points": {}}]}', "Supervisely"),
        ("train.csv", "filename,xmin,ymin,xmax,ymax,class\n", "csv"),
        ("set.xml", "<dataset><images><image file='a.png'/></images></dataset>", "imglab"),
        ("a.tfrecord", "x", "TFRecord"),
    ],
)
def test_that_what_is_not_read_is_named_with_what_to_export(tmp_path: Path, name: str, text: str, owner: str) -> None:
    put(tmp_path / "a.png", encoded("a"))
    put(tmp_path / name, text)
    with pytest.raises(UserError, match=owner) as raised:
        check_dataset(tmp_path)
    assert name in str(raised.value) and "Pascal VOC, COCO or YOLO" in str(raised.value)


def test_that_names_are_of_the_file_that_a_yaml_names_and_of_no_other(tmp_path: Path) -> None:
    root = flat_yolo(tmp_path, "train: images/all", 4)
    put(root / "data.yaml", "names: coco.txt\n")
    for name, listed in (("a_coco", "bird\nfish\nfox"), ("coco", "car\ndog\ntree"), ("x/coco", "owl\nelk\nape")):
        put(root / f"{name}.txt", listed)
    assert check_dataset(root).classes == ("car", "dog", "tree")
    (root / "coco.txt").unlink()
    assert check_dataset(root).classes == ("owl", "elk", "ape")
    (root / "x" / "coco.txt").unlink()
    assert "names_shape" in codes(check_dataset(root))


def test_that_only_a_file_called_data_yaml_comes_first(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots(6, 2, 0))
    for name, train, val in (("data", "train", "val"), ("a_data", "val", "train")):
        put(root / f"{name}.yaml", f"train: images/{train}\nval: images/{val}\nnames: [car, dog, tree]\n")
    assert counts(root) == {"train": 6, "val": 2}
    assert only(check_dataset(root), "yaml_passed_over").file == "a_data.yaml"
