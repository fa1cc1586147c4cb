"""The validation report: every flaw with its file, its place and what was done, with and without `fix`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.report import Report
from engine.contract.text.messages import sentences
from engine.data.dataset_import import check_dataset, import_dataset
from engine.data.pictures import is_cut_off
from tests.fakes.datasets import Shot, encoded, put, shots, write_coco, write_voc, write_yolo
from tests.fakes.reports import facts, only


def flawed(root: Path, *boxes: tuple[float, float, float, float]) -> Path:
    """A VOC set whose picture `bad` has one good box of a car and then these."""
    car = tuple(("car", edges) for edges in ((4.0, 6.0, 30.0, 40.0), *boxes))
    return write_voc(root, [*shots(), Shot("bad", "train", car)])


BAD_XML = "Annotations/bad.xml"


@pytest.mark.parametrize(
    ("box", "code", "action"),
    [
        ((7, 9, 7, 9), "box_degenerate", "dropped"),
        ((20, 9, 10, 30), "box_degenerate", "dropped"),
        ((70, 9, 90, 30), "box_outside", "dropped"),
        ((-5, 9, 20, 30), "box_clipped", "clipped"),
        ((10, 9, 20, 60), "box_clipped", "clipped"),
        ((float("nan"), 9, 20, 30), "box_unreadable", "dropped"),
    ],
)
def test_that_a_bad_box_is_found_by_file_and_object(
    tmp_path: Path, box: tuple[float, float, float, float], code: str, action: str
) -> None:
    report = check_dataset(flawed(tmp_path, box))
    assert facts(only(report, code)) == ("warning", BAD_XML, "object 2", action, None)
    assert BAD_XML in only(report, code).line() and "object 2" in only(report, code).line()
    assert not report.has_errors


def test_that_clipped_boxes_lie_inside_and_dropped_ones_are_gone(tmp_path: Path) -> None:
    root = flawed(tmp_path / "data", (-5, 9, 20, 60), (7, 9, 7, 9))
    import_dataset(root, tmp_path / "index.sqlite")
    with Index.open(tmp_path / "index.sqlite") as index:
        picture = next(p for p in index.pictures("train") if p.path.endswith("bad.png"))
    assert [(b.x1, b.y1, b.x2, b.y2, b.place) for b in picture.boxes] == [
        (4.0, 6.0, 30.0, 40.0, "object 1"),
        (0.0, 9.0, 20.0, 48.0, "object 2"),
    ]


def test_that_rounding_at_the_edge_is_no_finding(tmp_path: Path) -> None:
    assert check_dataset(flawed(tmp_path, (-0.4, 0.0, 64.3, 48.2))).findings == ()


def test_that_a_repeated_box_is_kept_until_it_is_mended(tmp_path: Path) -> None:
    root = flawed(tmp_path, (4, 6, 30, 40))
    assert facts(only(check_dataset(root), "box_repeated"))[3:] == ("kept", "dropped")
    assert facts(only(check_dataset(root, fix=True), "box_repeated"))[3:] == ("dropped", None)
    boxes = [r.statistics.splits["train"].boxes for r in (check_dataset(root), check_dataset(root, fix=True))]
    assert boxes[0] == boxes[1] + 1


def test_that_bad_boxes_are_placed_in_coco_and_yolo(tmp_path: Path) -> None:
    coco = write_coco(tmp_path / "coco", shots())
    path = coco / "annotations" / "instances_train.json"
    document = json.loads(path.read_text())
    document["annotations"][7]["bbox"] = [3, 3, 0, 5]
    document["annotations"][9]["bbox"] = []
    path.write_text(json.dumps(document))
    report = check_dataset(coco)
    where = ("warning", "annotations/instances_train.json")
    assert facts(only(report, "box_degenerate")) == (*where, "annotations[7]", "dropped", None)
    assert facts(only(report, "box_unreadable")) == (*where, "annotations[9]", "dropped", None)
    yolo = write_yolo(tmp_path / "yolo", shots())
    put(yolo / "labels" / "val" / "shot 06.txt", "0 .5 .5 .2 .2\n\n1 .5 .5 0 .2\n2 .5 .5 .1\n")
    report = check_dataset(yolo)
    where = ("warning", "labels/val/shot 06.txt")
    assert facts(only(report, "box_degenerate")) == (*where, "line 3", "dropped", None)
    assert facts(only(report, "box_unreadable")) == (*where, "line 4", "dropped", None)


def missing(root: Path) -> None:
    (root / "JPEGImages" / "bad.png").unlink()


def no_picture(root: Path) -> None:
    put(root / "JPEGImages" / "bad.png", "<html>404 Not Found</html>")


def empty(root: Path) -> None:
    put(root / "JPEGImages" / "bad.png", b"")


def half_xml(root: Path) -> None:
    path = root / BAD_XML
    path.write_text(path.read_text()[:150])


def unknown_class(root: Path) -> None:
    path = root / BAD_XML
    path.write_text(path.read_text().replace("<name>car", "<name>cat"))
    put(root / "label_list.txt", "car\ndog\ntree\n")


def listed_only(root: Path) -> None:
    with (root / "ImageSets" / "Main" / "train.txt").open("a") as stream:
        stream.write("gone\n")


ERRORS: list[tuple[Callable[[Path], None], str, str, str, str]] = [
    (missing, "picture_missing", BAD_XML, "filename", "left_out"),
    (no_picture, "picture_unreadable", "JPEGImages/bad.png", "", "left_out"),
    (empty, "picture_unreadable", "JPEGImages/bad.png", "", "left_out"),
    (half_xml, "xml_malformed", BAD_XML, "line 3, column 37", "left_out"),
    (unknown_class, "class_unknown", BAD_XML, "object 1", "dropped"),
    (listed_only, "listed_missing", "ImageSets/Main/train.txt", "line 8", "left_out"),
]


@pytest.mark.parametrize(("harm", "code", "file", "place", "mend"), ERRORS)
def test_that_an_error_stops_and_fix_mends_it(
    tmp_path: Path, harm: Callable[[Path], None], code: str, file: str, place: str, mend: str
) -> None:
    root = flawed(tmp_path)
    harm(root)
    report = check_dataset(root)
    assert report.has_errors
    found = only(report, code)
    assert (found.severity, found.file, found.action, found.mend) == ("error", file, "stopped", mend)
    assert found.place == place or (code == "xml_malformed" and re.fullmatch(r"line \d+, column \d+", found.place))
    mended = check_dataset(root, fix=True)
    assert not mended.has_errors
    assert facts(only(mended, code))[0::3] == ("warning", mend)


def test_that_all_errors_are_listed_not_only_the_first(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("one"), Shot("two"), Shot("three")])
    (root / "JPEGImages" / "one.png").unlink()
    put(root / "JPEGImages" / "two.png", b"no picture")
    put(root / "Annotations" / "three.xml", "<annotation><object>")
    codes = [finding.message.code for finding in check_dataset(root).findings]
    assert {"data.picture_missing", "data.picture_unreadable", "data.xml_malformed"} <= set(codes)


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_that_a_picture_without_its_end_is_told_from_a_whole_one(ending: str) -> None:
    raw = encoded("whole", 200, 150, ending)
    assert not is_cut_off(raw)
    for share in (0.3, 0.6, 0.95):
        assert is_cut_off(raw[: int(len(raw) * share)])


def test_that_a_preview_in_the_header_does_not_hide_a_missing_end() -> None:
    raw, preview = encoded("whole", 200, 150, ".jpg"), encoded("small", 32, 24, ".jpg")
    header = b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview
    assert not is_cut_off(raw[:2] + header + raw[2:])
    assert is_cut_off((raw[:2] + header + raw[2:])[:-200])


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_that_a_truncated_picture_is_told_from_what_is_none(tmp_path: Path, ending: str) -> None:
    root = write_voc(tmp_path, shots(), ending)
    path = root / "JPEGImages" / f"shot 01{ending}"
    path.write_bytes(path.read_bytes()[:-60])
    found = facts(only(check_dataset(root), "picture_truncated"))
    assert found == ("error", f"JPEGImages/shot 01{ending}", "", "stopped", "left_out")
    report = check_dataset(root, fix=True)
    assert facts(only(report, "picture_truncated"))[3:] == ("left_out", None)
    assert report.statistics.splits["train"].pictures == 5


def test_that_boxes_of_a_resized_picture_are_scaled_by_fix_only(tmp_path: Path) -> None:
    root = flawed(tmp_path / "data")
    put(root / "JPEGImages" / "bad.png", encoded("bad", 128, 96))
    for fix, first in ((False, (4.0, 6.0, 30.0, 40.0)), (True, (8.0, 12.0, 60.0, 80.0))):
        report = import_dataset(root, tmp_path / "index.sqlite", fix=fix)
        assert only(report, "picture_resized").action == ("scaled" if fix else "kept")
        with Index.open(tmp_path / "index.sqlite") as index:
            box = next(p for p in index.pictures() if p.path.endswith("bad.png")).boxes[0]
        assert (box.x1, box.y1, box.x2, box.y2) == first


def test_that_another_shape_is_reported_and_not_mended(tmp_path: Path) -> None:
    root = flawed(tmp_path)
    put(root / "JPEGImages" / "bad.png", encoded("bad", 48, 64))
    assert only(check_dataset(root, fix=True), "picture_resized").action == "kept"


def test_that_unused_and_untrained_classes_are_told(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("bird", "val", (("bird", (1, 2, 30, 40)),))])
    report = check_dataset(root, classes=["car", "dog", "tree", "bird", "fish"])
    assert only(report, "class_unused").message.args["name"] == "fish"
    assert only(report, "class_untrained").message.args["name"] == "bird"


def test_that_statistics_count_what_the_index_holds(tmp_path: Path) -> None:
    big = Shot("big", "train", (("car", (0, 0, 120, 100)), ("dog", (0, 0, 40, 40)), ("dog", (0, 0, 4, 5))), 128, 128)
    root = write_voc(tmp_path / "data", [big, Shot("none", "train", ()), Shot("v", "val"), Shot("t", "test")])
    report = import_dataset(root, tmp_path / "index.sqlite")
    train = report.statistics.splits["train"]
    assert (train.pictures, train.pictures_without_boxes, train.boxes) == (2, 1, 3)
    assert train.per_class == {"car": 1, "dog": 2}
    assert (train.small, train.medium, train.large) == (1, 1, 1)
    assert sum(train.relative) == 3 and len(train.relative) == len(report.statistics.relative_edges) - 1
    with Index.open(tmp_path / "index.sqlite") as index:
        assert index.statistics() == report.statistics
        assert sum(len(picture.boxes) for picture in index.pictures("train")) == 3


def test_that_the_report_reads_in_both_languages_and_as_json(tmp_path: Path) -> None:
    root = flawed(tmp_path, (7, 9, 7, 9), (-5, 9, 20, 30))
    (root / "JPEGImages" / "shot 00.png").unlink()
    report = check_dataset(root)
    assert Report.model_validate_json(report.model_dump_json()) == report
    for language in ("en", "zh"):
        text = "\n".join(report.lines(language))
        assert BAD_XML in text and "data." not in text and "{" not in text
    assert len([line for line in report.lines(limit=1) if "object" in line]) == 2


def test_that_every_code_of_the_data_area_has_both_languages_with_the_same_gaps() -> None:
    area = {code: texts for code, texts in sentences().items() if code.startswith("data.")}
    used = {
        f"data.{code}"
        for path in (Path(__file__).parents[3] / "engine" / "data").rglob("*.py")
        for code in re.findall(r'(?:error|warning|info)\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    assert used and used <= set(area)
    for code, texts in area.items():
        gaps = [sorted(set(re.findall(r"{(\w+)}", texts[language]))) for language in ("en", "zh")]
        assert gaps[0] == gaps[1], code
