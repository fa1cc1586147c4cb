"""What lines of YOLO labels mean: what is declared, what all agree on, and what fits nothing and stops."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.contract.report import Report
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import encoded, put, shots, write_yolo
from tests.fakes.indexes import pictures_by_name
from tests.fakes.reports import codes, only

BOX = "0 0.5 0.5 0.4 0.4"


def labelled(root: Path, *files: str, yaml: str = "") -> Path:
    """Pictures `p0`, `p1` ... with these labels."""
    for n, text in enumerate(files):
        put(root / "images" / "train" / f"p{n}.png", encoded(f"p{n}", 100, 100))
        put(root / "labels" / "train" / f"p{n}.txt", text)
    put(root / "data.yaml", f"names: [car, dog]\n{yaml}\n")
    return root


def pose(count: int, step: int, seed: int = 0) -> str:
    """A box with points in it."""
    chance = random.Random(seed)
    points = []
    for _ in range(count):
        points += [f"{chance.uniform(0.35, 0.65):.3f}", f"{chance.uniform(0.35, 0.65):.3f}"] + ["2"] * (step - 2)
    return f"{BOX} {' '.join(points)}"


def errors(report: Report) -> list[str]:
    return [finding.message.code[5:] for finding in report.findings if finding.severity == "error"]


@pytest.mark.parametrize(("count", "step"), [(17, 3), (4, 2), (5, 3), (1, 2), (2, 2)])
def test_that_a_declared_pose_is_its_box(tmp_path: Path, count: int, step: int) -> None:
    lines = [pose(count, step, seed) for seed in range(4)]
    root = labelled(tmp_path / "data", *lines, yaml=f"kpt_shape: [{count}, {step}]")
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert errors(report) == []
    for picture in pictures_by_name(tmp_path / "index.sqlite").values():
        (box,) = picture.boxes
        assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((30, 30, 70, 70), abs=0.01)


@pytest.mark.parametrize(("count", "step"), [(17, 3), (4, 2), (5, 3), (6, 3), (1, 3), (2, 2)])
def test_that_an_undeclared_pose_stops_and_says_what_to_declare(tmp_path: Path, count: int, step: int) -> None:
    report = check_dataset(labelled(tmp_path, *[pose(count, step, seed) for seed in range(4)]))
    found = next(finding for finding in report.findings if finding.message.code.startswith("data.yolo_"))
    assert (found.severity, found.file, found.place) == ("error", "labels/train/p0.txt", "line 1")
    assert "kpt_shape" in found.line("en") and "kpt_shape" in found.line("zh")


def test_that_a_line_of_another_count_than_declared_stops(tmp_path: Path) -> None:
    report = check_dataset(labelled(tmp_path, pose(4, 3), pose(3, 3), pose(4, 3), yaml="kpt_shape: [4, 3]"))
    found = only(report, "yolo_pose_columns")
    assert (found.file, found.message.args["wanted"]) == ("labels/train/p1.txt", 17)
    mended = check_dataset(tmp_path, fix=True)
    assert not mended.has_errors and sum(s.pictures for s in mended.statistics.splits.values()) == 2


def test_that_outlines_are_boxes_around_them_and_said(tmp_path: Path) -> None:
    outlines = ("1 .1 .1 .3 .1 .2 .4", "1 .5 .5 .9 .5 .9 .9 .5 .9\n" + BOX, "0 .2 .2 .4 .2 .5 .4 .3 .6 .1 .4")
    report = import_dataset(labelled(tmp_path / "data", *outlines), tmp_path / "index.sqlite")
    assert only(report, "yolo_outlines").message.args["count"] == 3
    boxes = pictures_by_name(tmp_path / "index.sqlite")["p1"].boxes
    assert [(b.x1, b.y1, b.x2, b.y2) for b in boxes] == [
        pytest.approx((50, 50, 90, 90)),
        pytest.approx((30, 30, 70, 70)),
    ]
    assert [b.place for b in boxes] == ["line 1", "line 2"]


def test_that_declared_outlines_are_never_poses(tmp_path: Path) -> None:
    lines = [pose(4, 2, seed) for seed in range(3)]
    for declared in ("task: segment", "segments: true", "task: obb"):
        report = check_dataset(labelled(tmp_path, *lines, yaml=declared))
        assert errors(report) == [] and "yolo_outlines" in codes(report)


def test_that_turned_boxes_are_known_by_their_corners(tmp_path: Path) -> None:
    corners = ("0 .5 .5 .6 .5 .6 .6 .5 .6", "0 .4 .4 .5 .5 .4 .6 .3 .5")
    report = import_dataset(labelled(tmp_path / "data", *corners, BOX), tmp_path / "index.sqlite")
    assert only(report, "yolo_outlines").message.args["count"] == 2
    box = pictures_by_name(tmp_path / "index.sqlite")["p1"].boxes[0]
    assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((30, 40, 50, 60))


def test_that_a_sixth_number_is_a_score_only_where_all_are_shares(tmp_path: Path) -> None:
    report = check_dataset(labelled(tmp_path / "a", f"{BOX} 0.9", f"{BOX} 0.4", f"{BOX} 1"))
    assert only(report, "yolo_scores").message.args["count"] == 3 and not report.has_errors
    report = check_dataset(labelled(tmp_path / "b", f"{BOX} 0.9", f"{BOX} 37", f"{BOX} 12"))
    assert set(errors(report)) >= {"yolo_columns"}


def edges(root: Path, index: Path) -> dict[str, list[list[int]]]:
    """The boxes of every picture of an import, in whole pixels."""
    import_dataset(root, index)
    read = pictures_by_name(index)
    return {n: [[round(e) for e in (b.x1, b.y1, b.x2, b.y2)] for b in picture.boxes] for n, picture in read.items()}


def test_that_the_score_is_the_column_that_leaves_boxes_in_their_pictures(tmp_path: Path) -> None:
    shapes = ("0.8 0.2 0.2 0.3", "0.3 0.7 0.4 0.2", "0.5 0.85 0.1 0.3")
    drawn = {"p0": [[70, 5, 90, 35]], "p1": [[10, 60, 50, 80]], "p2": [[45, 70, 55, 100]]}
    for name, line, code in (("last", "0 {} 0.9", "yolo_scores"), ("first", "0 0.9 {}", "yolo_scores_first")):
        root = labelled(tmp_path / name, *[line.format(shape) for shape in shapes])
        assert edges(root, tmp_path / f"{name}.sqlite") == drawn
        found = only(check_dataset(root), code)
        assert (found.severity, found.message.args["count"]) == ("info" if name == "last" else "warning", 3)
    either = labelled(tmp_path / "either", "0 .5 .5 .4 .5", "0 .5 .5 .4 .4 .4")
    assert only(check_dataset(either), "yolo_scores_either").severity == "warning"


def test_that_a_sixth_number_is_no_score_where_boxes_lie_outside(tmp_path: Path) -> None:
    lines = ("0 0.9 0.9 0.8 0.9 0.8", "0 0.1 0.9 0.9 0.8 0.9", "0 0.2 0.9 0.8 0.9 0.7")
    report = check_dataset(labelled(tmp_path, BOX, *lines))
    assert errors(report) == ["yolo_columns"] * 3
    assert sum(s.pictures_without_boxes for s in check_dataset(tmp_path, fix=True).statistics.splits.values()) == 0


@pytest.mark.parametrize(
    "lines",
    [("0 .1 .1 .3 .4", "0 .7 .6 .95 .9", "0 .5 .7 .8 1", "0 .6 .1 .9 .2"), ("0 .7 .7 .3 .3", "0 0 .1 .6 .5") * 2],
)
def test_that_corners_are_no_middles(tmp_path: Path, lines: tuple[str, ...]) -> None:
    found = only(check_dataset(labelled(tmp_path, *lines)), "yolo_corners")
    assert (found.severity, found.mend, found.message.args["boxes"]) == ("error", None, 4)
    assert errors(check_dataset(labelled(tmp_path / "over", *["0 .1 .5 .3 .3"] * 4))) == []


def test_that_pixels_are_no_shares(tmp_path: Path) -> None:
    report = check_dataset(labelled(tmp_path, BOX, BOX, "0 50 50 40 40"))
    found = only(report, "yolo_pixels")
    assert (found.severity, found.file, found.mend) == ("error", "labels/train/p2.txt", "left_out")
    mended = check_dataset(tmp_path, fix=True)
    assert not mended.has_errors
    assert sum(split.pictures_without_boxes for split in mended.statistics.splits.values()) == 0


def test_that_a_class_may_be_written_by_its_name(tmp_path: Path) -> None:
    root = labelled(tmp_path / "data", BOX, "dog .5 .5 .2 .2", BOX)
    import_dataset(root, tmp_path / "index.sqlite")
    assert [box.class_id for box in pictures_by_name(tmp_path / "index.sqlite")["p1"].boxes] == [1]


def test_that_a_shape_of_keypoints_that_is_none_stops(tmp_path: Path) -> None:
    report = check_dataset(labelled(tmp_path, BOX, BOX, yaml="kpt_shape: 17"))
    assert errors(report) == ["kpt_shape"]


def test_that_lines_that_are_all_refused_are_one_error_without_a_remedy_that_loses_all(tmp_path: Path) -> None:
    report = check_dataset(labelled(tmp_path, *[pose(1, 3, seed) for seed in range(5)]))
    found = only(report, "yolo_columns")
    assert (found.file, found.mend) == ("labels/train/p0.txt", None)


def test_that_one_finding_is_made_for_a_file_not_for_each_line(tmp_path: Path) -> None:
    report = check_dataset(labelled(tmp_path, "\n".join([pose(1, 3)] * 50), BOX, BOX))
    assert errors(report) == ["yolo_columns"]


@pytest.mark.parametrize("line", ["Car 0.00 0 -1.57 599 156 629 189 2.8 2.1 8.9 5.8 1.9 69 0.7", "1,2,3,4,5", "a b"])
def test_that_labels_that_are_none_of_yolo_say_what_to_export(tmp_path: Path, line: str) -> None:
    found = only(check_dataset(labelled(tmp_path, line, line, line)), "yolo_other")
    assert (found.severity, found.place) == ("error", "line 1")
    assert line[:20] in found.line() and "Pascal VOC, COCO or YOLO" in found.line()


def test_that_ordinary_labels_bring_no_finding(tmp_path: Path) -> None:
    assert codes(check_dataset(write_yolo(tmp_path, shots()))) == []
