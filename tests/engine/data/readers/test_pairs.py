"""Labels and pictures find each other by the exact name first, else loosely and said; no label is lost in silence."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from engine.contract.dataset import Index
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import CLASSES, Shot, encoded, put, shots, write_coco, write_voc, write_yolo, yolo_lines
from tests.fakes.indexes import pictures_by_name
from tests.fakes.reports import codes, only

NAMES = ("rivière 1", "été", "плот", "100% a", "plain")


def yolo(root: Path, pictures: list[str], labels: list[str]) -> Path:
    for path in pictures:
        put(root / path, encoded(path))
    for path in labels:
        put(root / path, yolo_lines(Shot(path)))
    put(root / "classes.txt", "\n".join(CLASSES))
    return root


def drawn(root: Path, index: Path) -> dict[str, list[tuple[int, int, int]]]:
    """Class and left upper corner of the boxes of every picture of an import."""
    import_dataset(root, index)
    read = pictures_by_name(index)
    return {n: [(b.class_id, round(b.x1), round(b.y1)) for b in picture.boxes] for n, picture in read.items()}


def empty(root: Path, index: Path, *, fix: bool = False) -> list[str]:
    """The pictures that count as empty after an import."""
    import_dataset(root, index, fix=fix)
    return sorted(name for name, picture in pictures_by_name(index).items() if not picture.boxes)


@pytest.mark.parametrize("encoded_side", ["label", "picture"])
def test_that_percent_encoded_names_are_matched_and_said(tmp_path: Path, encoded_side: str) -> None:
    plain, other = list(NAMES), [quote(name) for name in NAMES]
    pictures, labels = (plain, other) if encoded_side == "label" else (other, plain)
    root = yolo(tmp_path / "d", [f"images/{n}.png" for n in pictures], [f"labels/{n}.txt" for n in labels])
    assert empty(root, tmp_path / "index.sqlite") == []
    assert only(check_dataset(root), "names_loosely").message.args["count"] == 4


@pytest.mark.parametrize(
    ("picture", "label"),
    [
        ("train/images/{}.jpg", "train/labels/{}.TXT"),
        ("train/Images/{}.jpg", "train/Labels/{}.txt"),
        ("IMAGES/train/{}.JPG", "LABELS/train/{}.TXT"),
        ("Images/{}.jpg", "labels/{}.txt"),
        ("{}.JPG", "{}.TXT"),
        ("images/{}.jpg", "labels/{}.jpg.txt"),
    ],
)
def test_that_capitals_do_not_part_labels_from_pictures(tmp_path: Path, picture: str, label: str) -> None:
    names = [f"P{n}" for n in range(10)]
    root = yolo(tmp_path / "d", [picture.format(n) for n in names], [label.format(n) for n in names])
    assert empty(root, tmp_path / "index.sqlite") == []


def test_that_names_that_differ_in_case_are_matched(tmp_path: Path) -> None:
    pictures = [f"images/IMG_{n}.png" for n in range(5)]
    root = yolo(tmp_path / "d", pictures, [f"labels/img_{n}.txt" for n in range(5)])
    assert empty(root, tmp_path / "index.sqlite") == []
    assert "names_loosely" in codes(check_dataset(root))


def test_that_an_exact_name_comes_before_a_loose_one(tmp_path: Path) -> None:
    pictures = ["images/a.png", "images/A.png", "images/b.png", "images/c.png"]
    root = yolo(tmp_path, pictures, ["labels/a.txt", "labels/A.txt", "labels/b.txt", "labels/c.txt"])
    put(root / "labels" / "A.txt", "")
    assert codes(check_dataset(root)) == ["class_unused", "class_unused"]
    # Two pictures that one loose name may mean: neither is taken.
    (root / "labels" / "A.txt").unlink()
    (root / "labels" / "a.txt").rename(root / "labels" / "%61.txt")
    assert "picture_missing" in codes(check_dataset(root))


@pytest.mark.parametrize("fix", [False, True])
def test_that_a_picture_whose_label_is_lost_is_never_background(tmp_path: Path, fix: bool) -> None:
    pictures = [f"images/train/{n}.png" for n in range(8)]
    labels = [f"labels/train/{n}.txt" for n in range(6)] + [f"labels/train/{n}_final.txt" for n in (6, 7)]
    report = check_dataset(yolo(tmp_path, pictures, labels), fix=fix)
    assert sum(split.pictures_without_boxes for split in report.statistics.splits.values()) == 0
    assert codes(report).count("picture_missing") == codes(report).count("label_astray") == 2
    assert report.has_errors != fix


def test_that_pictures_without_a_label_are_background_where_none_is_lost(tmp_path: Path) -> None:
    pictures = [f"images/train/{n}.png" for n in range(8)]
    report = check_dataset(yolo(tmp_path, pictures, [f"labels/train/{n}.txt" for n in range(6)]))
    found = only(report, "unlabelled_amid")
    assert (found.severity, found.file) == ("warning", "images/train/6.png")
    assert (found.message.args["count"], found.message.args["labelled"]) == (2, 6)
    assert sum(split.pictures_without_boxes for split in report.statistics.splits.values()) == 2


def test_that_a_folder_without_any_label_is_said(tmp_path: Path) -> None:
    pictures = [f"images/{part}/{n}.png" for part in ("train", "more") for n in range(4)]
    found = only(
        check_dataset(yolo(tmp_path, pictures, [f"labels/train/{n}.txt" for n in range(4)])), "unlabelled_folder"
    )
    assert (found.severity, found.message.args["folder"]) == ("warning", "images/more")
    assert "unlabelled_amid" not in codes(check_dataset(tmp_path))


def test_that_a_folder_of_labels_finds_its_folder_of_pictures(tmp_path: Path) -> None:
    pictures = [f"photos/{n}.png" for n in range(8)]
    root = yolo(tmp_path / "d", pictures, [f"yolo/{n}.txt" for n in range(8)])
    assert empty(root, tmp_path / "index.sqlite") == []
    assert only(check_dataset(root), "labels_elsewhere").message.args["pictures"] == "photos"


def test_that_voc_and_coco_find_percent_encoded_names(tmp_path: Path) -> None:
    written = [*shots(), Shot("rivière 1"), Shot("été")]
    for name, write, folder in (("voc", write_voc, "JPEGImages"), ("coco", write_coco, "images/train")):
        root = write(tmp_path / name, written)
        for stem in ("rivière 1", "été"):
            (root / folder / f"{stem}.png").rename(root / folder / f"{quote(stem)}.png")
        report = check_dataset(root)
        assert not report.has_errors
        assert only(report, "names_loosely").message.args["count"] == 2


def test_that_lists_of_voc_name_pictures_loosely(tmp_path: Path) -> None:
    written = [*shots(), Shot("rivière", "val"), Shot("Big One", "val")]
    root = write_voc(tmp_path, written)
    main = root / "ImageSets" / "Main" / "val.txt"
    main.write_text(main.read_text().replace("rivière", quote("rivière")).replace("Big One", "BIG ONE"))
    report = check_dataset(root)
    assert report.statistics.splits["val"].pictures == 4
    assert only(report, "names_loosely").message.args["count"] == 2


def test_that_pictures_that_are_all_missing_are_one_error(tmp_path: Path) -> None:
    for name, write in (("voc", write_voc), ("coco", write_coco), ("yolo", write_yolo)):
        root = write(tmp_path / name, shots())
        for path in root.rglob("*.png"):
            path.unlink()
        found = only(check_dataset(root), "pictures_missing")
        assert found.message.args["count"] == 10 and found.mend is None and "--fix" not in found.line()


def test_that_what_matches_exactly_is_not_spoken_of(tmp_path: Path) -> None:
    for name, write in (("voc", write_voc), ("coco", write_coco), ("yolo", write_yolo)):
        assert codes(check_dataset(write(tmp_path / name, shots()))) == []


def test_that_pictures_may_be_called_as_lists_are(tmp_path: Path) -> None:
    names = ["train", "test", "val", "labels", "classes", "bus"]
    root = yolo(tmp_path / "d", [f"images/{n}.png" for n in names], [f"labels/{n}.txt" for n in names])
    put(root / "labels" / "classes.txt", "")
    put(root / "labels" / "val.txt", "dog 0.5 0.5 0.5 0.5")
    expected = dict.fromkeys(names, [(0, 4, 6)]) | {"classes": [], "val": [(1, 16, 12)]}
    assert drawn(root, tmp_path / "index.sqlite") == expected
    assert "unlabelled" not in codes(check_dataset(root))
    # Beside its picture a list is told from a label by what it holds.
    flat = yolo(tmp_path / "flat", ["train.png", "a.png", "classes.png"], ["train.txt", "a.txt"])
    put(flat / "classes.txt", "car 1\ndog 2\n")
    assert drawn(flat, tmp_path / "flat.sqlite") == {"train": [(0, 4, 6)], "a": [(0, 4, 6)], "classes": []}


def test_that_a_label_beside_its_picture_counts_whatever_its_first_line_is(tmp_path: Path) -> None:
    names = ["a", "b", "named", "short", "words"]
    root = yolo(tmp_path / "d", [f"x/{n}.png" for n in names], [f"x/{n}.txt" for n in names])
    put(root / "x" / "named.txt", "dog 0.5 0.5 0.5 0.5\n0 0.5 0.5 0.5 0.5")
    put(root / "x" / "short.txt", "0 0.5 0.5 0.2")
    put(root / "x" / "words.txt", "two cars and a dog")
    boxes = {"a": [(0, 4, 6)], "b": [(0, 4, 6)], "named": [(1, 16, 12), (0, 16, 12)]}
    assert drawn(root, tmp_path / "index.sqlite") == boxes
    lost = [(f.file, f.place) for f in check_dataset(root).findings if f.message.code == "data.box_unreadable"]
    assert lost == [("x/short.txt", "line 1"), ("x/words.txt", "line 1")]


def test_that_captions_beside_pictures_are_no_labels(tmp_path: Path) -> None:
    names = [f"{n}" for n in range(4)]
    root = yolo(tmp_path / "d", [f"images/{n}.png" for n in names], [f"labels/{n}.txt" for n in names])
    for name in names:
        put(root / "images" / f"{name}.txt", "a car in the rain")
    assert drawn(root, tmp_path / "index.sqlite") == dict.fromkeys(names, [(0, 4, 6)])


def test_that_labels_of_one_split_are_not_given_to_pictures_of_another(tmp_path: Path) -> None:
    pictures = [f"images/{part}/{n}.png" for part in ("train", "val") for n in range(4)]
    labels = [f"labels/train/{n}.txt" for n in range(4)] + [f"labels/test/{n}.txt" for n in range(3)]
    root = yolo(tmp_path / "d", pictures, labels)
    report = check_dataset(root)
    assert "labels_elsewhere" not in codes(report) and codes(report).count("picture_ambiguous") == 3
    assert "val" not in check_dataset(root, fix=True).statistics.splits or "label_astray" in codes(report)
    (root / "labels" / "test").rename(root / "labels" / "valid")
    put(root / "labels" / "valid" / "3.txt", yolo_lines(Shot("3")))
    assert empty(root, tmp_path / "index.sqlite") == []


def test_that_one_folder_of_labels_serves_folders_of_splits(tmp_path: Path) -> None:
    pictures = [f"images/{part}/{part}{n}.png" for part in ("train", "val") for n in range(3)]
    root = yolo(tmp_path / "d", pictures, [f"labels/{part}{n}.txt" for part in ("train", "val") for n in range(3)])
    assert set(map(tuple, drawn(root, tmp_path / "index.sqlite").values())) == {((0, 4, 6),)}
    assert only(check_dataset(root), "labels_elsewhere").message.args["pictures"] == "images/train, images/val"
    # Where a label may be of two pictures none is given it, and no remedy leaves nothing.
    for part in ("train", "val"):
        put(root / "images" / part / "train0.png", encoded(f"{part} again"))
    for fix in (False, True):
        report = check_dataset(root, fix=fix)
        found = only(report, "labels_apart")
        assert (found.mend, found.message.args["count"]) == (None, 6) and "--fix" not in found.line()
        assert report.has_errors and sum(s.pictures for s in report.statistics.splits.values()) == 0


def test_that_pictures_that_share_a_label_are_said(tmp_path: Path) -> None:
    pictures = ["images/a.png", "images/b.png", "images/a.bmp"]
    root = yolo(tmp_path / "d", pictures, ["labels/a.txt", "labels/b.txt"])
    put(root / "images" / "a.bmp", encoded("a.bmp", ending=".bmp"))
    found = only(check_dataset(root), "label_shared")
    assert (found.severity, found.file, found.message.args["other"]) == ("warning", "images/a.bmp", "images/a.png")
    put(root / "labels" / "a.png.txt", "1 0.5 0.5 0.5 0.5")
    (root / "labels" / "a.txt").rename(root / "labels" / "a.bmp.txt")
    assert "label_shared" not in codes(check_dataset(root))
    import_dataset(root, tmp_path / "index.sqlite")
    with Index.open(tmp_path / "index.sqlite") as index:
        read = {Path(picture.path).name: [box.class_id for box in picture.boxes] for picture in index.pictures()}
    assert read == {"a.bmp": [0], "a.png": [1], "b.png": [0]}
