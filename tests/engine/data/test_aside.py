"""Boxes that are difficult, crowds or to be ignored are counted apart; without others there is nothing to measure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract.dataset import SplitStatistics
from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import Shot, shots, write_coco, write_voc
from tests.fakes.reports import codes, only


def coco(root: Path, part: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """A COCO set in which the annotations of a split were changed."""
    write_coco(root, shots(6, 2, 2))
    path = root / "annotations" / f"instances_{part}.json"
    document = json.loads(path.read_text())
    for annotation in document["annotations"]:
        change(annotation)
    path.write_text(json.dumps(document))
    return root


def difficult(root: Path, *parts: str) -> Path:
    """A VOC set in which all boxes of these splits are difficult."""
    write_voc(root, shots())
    for shot in shots():
        if shot.part in parts:
            path = root / "Annotations" / f"{shot.name}.xml"
            path.write_text(path.read_text().replace("<difficult>0", "<difficult>1"))
    return root


def test_that_crowds_and_difficult_boxes_are_counted_apart(tmp_path: Path) -> None:
    def change(annotation: dict[str, Any]) -> None:
        annotation["iscrowd"] = int(annotation["category_id"] == 900)

    report = check_dataset(coco(tmp_path, "train", change))
    train = report.statistics.splits["train"]
    assert (train.boxes, train.crowd, train.difficult) == (12, 6, 0)
    assert train.per_class == {"car": 6, "dog": 6, "tree": 0} and train.aside == {"tree": 6}
    assert train.small + train.medium + train.large == sum(train.relative) == 12
    assert only(report, "boxes_aside").message.args["crowd"] == 6
    assert any("apart: 0 difficult, 6 crowd" in line for line in report.lines())


@pytest.mark.parametrize("field", ["iscrowd", "ignore"])
def test_that_only_crowds_are_nothing_to_train_on(tmp_path: Path, field: str) -> None:
    root = coco(tmp_path / "data", "train", lambda annotation: annotation.update({field: 1}))
    with pytest.raises(UserError, match="iscrowd and ignore"):
        import_dataset(root, tmp_path / "index.sqlite")
    assert not (tmp_path / "index.sqlite").exists()


@pytest.mark.parametrize("kind", ["difficult", "crowd", "empty"])
def test_that_a_val_without_a_box_that_counts_stops(tmp_path: Path, kind: str) -> None:
    if kind == "difficult":
        root = difficult(tmp_path, "val")
    elif kind == "crowd":
        root = coco(tmp_path, "val", lambda annotation: annotation.update(iscrowd=1))
    else:
        root = write_voc(tmp_path, [*shots(6, 0, 0), Shot("a", "val", ()), Shot("b", "val", ())])
    found = only(check_dataset(root), "val_without_boxes")
    assert found.severity == "error" and "mAP" in found.line()
    assert found.message.args["aside"] == (0 if kind == "empty" else 6)


def test_that_difficult_boxes_alone_can_be_learnt_from(tmp_path: Path) -> None:
    report = check_dataset(difficult(tmp_path, "train"))
    assert not report.has_errors
    assert report.statistics.splits["train"].difficult == 18
    assert "class_untrained" not in codes(report)


def test_that_a_class_of_crowds_is_not_called_unused(tmp_path: Path) -> None:
    root = write_voc(tmp_path, [*shots(), Shot("x", boxes=(("owl", (1, 2, 30, 40)),))])
    path = root / "Annotations" / "x.xml"
    path.write_text(path.read_text().replace("<difficult>0", "<difficult>1"))
    report = check_dataset(root)
    assert only(report, "class_aside").message.args["name"] == "owl"
    assert "class_unused" not in codes(report)


def test_that_a_val_by_lot_has_a_box_if_there_is_one(tmp_path: Path) -> None:
    few = [Shot(f"full{n}", "none") for n in range(2)]
    empty = [Shot(f"empty{n}", "none", ()) for n in range(30)]
    root = write_voc(tmp_path, [*few, *empty])
    for seed in range(6):
        report = check_dataset(root, seed=seed)
        assert not report.has_errors
        assert {part: split.boxes for part, split in report.statistics.splits.items()}["val"] == 1


def test_that_counts_of_older_indexes_are_read() -> None:
    older = {"pictures": 1, "pictures_without_boxes": 0, "boxes": 1, "per_class": {"car": 1}, "small": 1}
    statistics = SplitStatistics.model_validate({**older, "medium": 0, "large": 0, "relative": [1]})
    assert (statistics.difficult, statistics.crowd, statistics.aside) == (0, 0, {})
