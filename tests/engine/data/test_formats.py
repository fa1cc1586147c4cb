"""Reading datasets: three formats, the layouts that people have, and names that software trips over."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.dataset import Index, Picture
from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.files import SourceFiles, part_of
from engine.data.formats import detect_format
from tests.fakes.datasets import (
    CLASSES,
    Shot,
    coco_document,
    encoded,
    put,
    shots,
    voc_xml,
    write_coco,
    write_voc,
    write_yolo,
    yolo_lines,
)

Writer = Callable[[Path, Sequence[Shot]], Path]
WRITERS: dict[str, Writer] = {"voc": write_voc, "coco": write_coco, "yolo": write_yolo}


def imported(root: Path, **options: object) -> list[Picture]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        import_dataset(root, path, **options)  # type: ignore[arg-type]
        with Index.open(path) as index:
            return index.pictures()


def names(root: Path) -> tuple[str, ...]:
    return check_dataset(root).classes


@pytest.mark.parametrize("format", WRITERS)
def test_that_a_dataset_is_read_as_it_was_written(tmp_path: Path, format: str) -> None:
    written = shots()
    root = WRITERS[format](tmp_path, written)
    assert detect_format(SourceFiles(root)) == [format]
    report = check_dataset(root)
    assert report.format == format
    assert report.findings == ()
    for shot, picture in zip(written, sorted(imported(root), key=lambda p: Path(p.path).stem), strict=True):
        assert (Path(picture.path).stem, picture.split) == (shot.name, shot.part)
        assert (picture.width, picture.height) == (shot.width, shot.height)
        assert [report.classes[box.class_id] for box in picture.boxes] == [name for name, _ in shot.boxes]
        for box, (_, edges) in zip(picture.boxes, shot.boxes, strict=True):
            assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx(edges, abs=1e-6)


@st.composite
def datasets(draw: st.DrawFn) -> list[Shot]:
    letters = st.characters(codec="utf-8", categories=["L", "N"])
    stems = draw(st.lists(st.text(letters, min_size=1, max_size=8), min_size=1, max_size=3, unique_by=str.casefold))
    written = []
    for number, stem in enumerate(stems):
        width, height = draw(st.integers(8, 90)), draw(st.integers(8, 90))
        boxes = []
        for _ in range(draw(st.integers(1, 4))):
            x1, y1 = draw(st.floats(0, width - 2)), draw(st.floats(0, height - 2))
            x2, y2 = draw(st.floats(x1 + 1, width)), draw(st.floats(y1 + 1, height))
            boxes.append((draw(st.sampled_from(CLASSES)), (x1, y1, x2, y2)))
        # The number keeps names apart that differ in composed or decomposed letters only.
        written.append(Shot(f"{number}{stem}", "train", tuple(dict.fromkeys(boxes)), width, height))
    return written


@settings(max_examples=12, deadline=None)
@given(datasets())
def test_that_every_format_carries_the_same_boxes(written: list[Shot]) -> None:
    for format, write in WRITERS.items():
        with tempfile.TemporaryDirectory() as folder:
            root = write(Path(folder) / "data", written)
            pictures = imported(root, split=(1.0, 0.0, 0.0), classes=CLASSES)
        found = {Path(picture.path).stem: picture for picture in pictures}
        assert set(found) == {shot.name for shot in written}
        for shot in written:
            boxes = [(CLASSES[b.class_id], (b.x1, b.y1, b.x2, b.y2)) for b in found[shot.name].boxes]
            assert [name for name, _ in boxes] == [name for name, _ in shot.boxes]
            for (_, edges), (_, wanted) in zip(boxes, shot.boxes, strict=True):
                # To the bit where the format holds edges; sums and shares round.
                assert edges == (wanted if format == "voc" else pytest.approx(wanted, abs=1e-6))


@pytest.mark.parametrize("format", WRITERS)
def test_that_chinese_names_spaces_and_brackets_are_ordinary(tmp_path: Path, format: str) -> None:
    odd = ["路标 01", "a b (c) [d]", "100%?", "v1.2.final", "é"]
    written = [Shot(name, "train") for name in odd] + [Shot("验证", "val")]
    root = WRITERS[format](tmp_path / "数据 集#1", written)
    assert {Path(picture.path).stem for picture in imported(root)} == {*odd, "验证"}


@pytest.mark.parametrize("format", WRITERS)
def test_that_a_source_is_never_changed(tmp_path: Path, format: str) -> None:
    root = WRITERS[format](tmp_path / "data", [*shots(), Shot("bad", boxes=(("car", (5, 5, 5, 5)),))])
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    import_dataset(root, tmp_path / "index.sqlite", fix=True)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_that_classes_follow_the_list_of_the_source(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    assert names(root) == ("car", "dog", "tree")
    put(root / "label_list.txt", "tree\ncar\ndog\n")
    assert names(root) == ("tree", "car", "dog")


def test_that_coco_classes_follow_the_ids(tmp_path: Path) -> None:
    assert names(write_coco(tmp_path, shots())) == ("car", "dog", "tree")


@pytest.mark.parametrize(
    "line",
    ["{0}", "{0} 1", "{0}.png", "JPEGImages\\{0}.png Annotations\\{0}.xml", "/home/me/JPEGImages/{0}.png"],
)
def test_that_lists_of_many_kinds_are_understood(tmp_path: Path, line: str) -> None:
    written = shots()
    root = write_voc(tmp_path, written)
    for part in ("train", "val", "test"):
        lines = "\r\n".join(line.format(shot.name) for shot in written if shot.part == part)
        put(root / "ImageSets" / "Main" / f"{part}.txt", lines)
    assert check_dataset(root).findings == ()
    assert [picture.split for picture in imported(root)] == [shot.part for shot in written]


def test_that_trainval_stands_in_for_train_without_what_val_names(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    main = root / "ImageSets" / "Main"
    (main / "train.txt").rename(main / "trainval.txt")
    with (main / "trainval.txt").open("a") as stream:
        stream.write((main / "val.txt").read_text())
    assert check_dataset(root).findings == ()
    assert [picture.split for picture in imported(root)] == [shot.part for shot in shots()]


def test_that_a_whole_devkit_is_read(tmp_path: Path) -> None:
    for year, prefix in (("VOC2007", "a"), ("VOC2012", "b")):
        year_shots = [Shot(f"{prefix}{shot.name}", shot.part, shot.boxes) for shot in shots()]
        write_voc(tmp_path / "VOCdevkit" / year, year_shots)
    counts = check_dataset(tmp_path).statistics.splits
    assert {part: split.pictures for part, split in counts.items()} == {"train": 12, "val": 4, "test": 4}


def test_that_xml_beside_pictures_takes_its_split_from_the_folder(tmp_path: Path) -> None:
    for folder, part in (("train", "train"), ("valid", "val")):
        shot = Shot(folder)
        put(tmp_path / folder / f"{folder}.png", encoded(folder))
        put(tmp_path / folder / f"{folder}.xml", voc_xml(shot))
        assert part_of(f"{folder}/x.png") == part
    assert {(Path(p.path).stem, p.split) for p in imported(tmp_path)} == {
        ("train", "train"),
        ("valid", "val"),
    }


def test_that_an_xml_in_gbk_is_read(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("gbk", boxes=(("限速", (1, 2, 30, 40)),))])
    text = '<?xml version="1.0" encoding="gbk"?>\n' + (root / "Annotations" / "gbk.xml").read_text("utf-8")
    put(root / "Annotations" / "gbk.xml", text.encode("gbk"))
    assert "限速" in names(root)


def test_that_endings_in_capitals_are_found(tmp_path: Path) -> None:
    root = write_voc(tmp_path, shots())
    for path in (root / "JPEGImages").iterdir():
        path.rename(path.with_suffix(".PNG"))
    assert check_dataset(root).findings == ()


def test_that_a_coco_picture_is_never_taken_from_another_split(tmp_path: Path) -> None:
    root = write_coco(tmp_path, [Shot("0001", "train"), Shot("0002", "train"), Shot("0003", "val")])
    (root / "images" / "train" / "0002.png").rename(root / "images" / "val" / "0002.png")
    codes = [finding.message.code for finding in check_dataset(root).findings]
    assert "data.picture_missing" in codes


def test_that_coco_beside_its_pictures_is_read(tmp_path: Path) -> None:
    for folder, part in (("train", "train"), ("valid", "val")):
        shot = Shot(folder, part)
        put(tmp_path / folder / "_annotations.coco.json", json.dumps(coco_document([shot])))
        put(tmp_path / folder / f"{folder}.png", encoded(folder))
    assert {(Path(p.path).stem, p.split) for p in imported(tmp_path)} == {
        ("train", "train"),
        ("valid", "val"),
    }


def test_that_crowd_and_difficult_reach_the_index(tmp_path: Path) -> None:
    root = write_coco(tmp_path / "coco", shots())
    path = root / "annotations" / "instances_train.json"
    document = json.loads(path.read_text())
    document["annotations"][1]["iscrowd"] = 1
    path.write_text(json.dumps(document))
    first = next(picture for picture in imported(root) if "shot 00" in picture.path)
    assert [box.crowd for box in first.boxes] == [False, True, False]
    root = write_voc(tmp_path / "voc", shots())
    xml = root / "Annotations" / "shot 00.xml"
    xml.write_text(xml.read_text().replace("<difficult>0", "<difficult>1", 1))
    assert [box.difficult for box in imported(root)[0].boxes] == [True, False, False]


@pytest.mark.parametrize(
    "yaml",
    [
        "path: /somewhere/else/data\ntrain: images/a\nval: images/b\nnames: {0: car, 1: dog, 2: tree}\n",
        "train: ../images/a\nval: [../images/b]\nnc: 3\nnames: [car, dog, tree]\n",
        "train: lists/first.txt\nval: lists/second.txt\nnames: [car, dog, tree]\n",
    ],
)
def test_that_a_yolo_yaml_is_followed(tmp_path: Path, yaml: str) -> None:
    for folder, count in (("a", 3), ("b", 2)):
        for number in range(count):
            shot = Shot(f"{folder}{number}")
            put(tmp_path / "images" / folder / f"{shot.name}.png", encoded(shot.name))
            put(tmp_path / "labels" / folder / f"{shot.name}.txt", yolo_lines(shot))
    put(tmp_path / "lists" / "first.txt", "".join(f".\\images\\a\\a{n}.png\n" for n in range(3)))
    put(tmp_path / "lists" / "second.txt", "".join(f"/mnt/elsewhere/images/b/b{n}.png\n" for n in range(2)))
    put(tmp_path / "data.yaml", yaml)
    splits = {Path(picture.path).stem: picture.split for picture in imported(tmp_path)}
    assert splits == {"a0": "train", "a1": "train", "a2": "train", "b0": "val", "b1": "val"}


def test_that_yolo_labels_beside_pictures_are_read(tmp_path: Path) -> None:
    for number in range(10):
        shot = Shot(f"p{number}")
        put(tmp_path / f"{shot.name}.png", encoded(shot.name))
        put(tmp_path / f"{shot.name}.txt", yolo_lines(shot))
    put(tmp_path / "classes.txt", "car\ndog\ntree\n")
    put(tmp_path / "notes.txt", "labelled on a rainy day by two people\n")
    pictures = imported(tmp_path)
    assert [len(picture.boxes) for picture in pictures] == [1] * 10
    assert {picture.split for picture in pictures} == {"train", "val", "test"}


def test_that_a_yolo_polygon_becomes_the_box_around_it(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots())
    put(root / "labels" / "train" / "shot 00.txt", "1 0.25 0.5 0.5 0.25 0.75 0.5 0.5 0.75\n")
    box = next(p for p in imported(root) if "shot 00" in p.path).boxes[0]
    assert (box.class_id, box.x1, box.y1, box.x2, box.y2) == (1, 16.0, 12.0, 48.0, 36.0)


def test_that_a_yolo_picture_without_labels_has_no_boxes(tmp_path: Path) -> None:
    root = write_yolo(tmp_path, shots())
    put(root / "images" / "train" / "empty road.png", encoded("empty road"))
    picture = next(p for p in imported(root) if "empty road" in p.path)
    assert (picture.split, picture.boxes) == ("train", ())
