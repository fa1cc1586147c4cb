"""COCO that cannot be read as it is meant: outlines without a bbox, and names that several pictures have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from tests.fakes.datasets import coco_document, encoded, put, shots
from tests.fakes.indexes import pictures_by_name
from tests.fakes.reports import codes, only


def source(root: Path, change: Callable[[dict[str, Any]], None], folders: tuple[str, ...] = ("imgs",)) -> Path:
    document: dict[str, Any] = coco_document(shots(4, 0, 0))
    change(document)
    put(root / "x.json", json.dumps(document))
    for shot in shots(4, 0, 0):
        for folder in folders:
            put(root / folder / f"{shot.name}.png", encoded(folder + shot.name))
    return root


def outlined(document: dict[str, Any]) -> None:
    for n, entry in enumerate(document["annotations"]):
        x, y, width, height = entry.pop("bbox")
        left, right = [x, y, x + 2, y, x, y + height], [x + width, y, x + width, y + 3, x + 5, y + 3]
        entry["segmentation"] = [left, right]
        if n == 1:
            entry["bbox"] = []


def test_that_outlines_without_bbox_are_the_boxes_around_them(tmp_path: Path) -> None:
    root = source(tmp_path / "data", outlined)
    report = import_dataset(root, tmp_path / "index.sqlite")
    held = pictures_by_name(tmp_path / "index.sqlite")["shot 00"].boxes
    assert [(b.x1, b.y1, b.x2, b.y2) for b in held] == [edges for _, edges in shots(1, 0, 0)[0].boxes]
    assert only(report, "coco_outlines").message.args["count"] == 12


@pytest.mark.parametrize("mask", [{"counts": "abc", "size": [48, 64]}, [[1, 2, 3]], [[1, 2, 3, 4, 5, "x"]]])
def test_that_a_box_of_nothing_has_its_cause(tmp_path: Path, mask: object) -> None:
    def masked(document: dict[str, Any]) -> None:
        del document["annotations"][0]["bbox"]
        document["annotations"][0]["segmentation"] = mask

    assert only(check_dataset(source(tmp_path, masked)), "coco_no_bbox").place == "annotations[0]"


def test_that_names_that_are_there_twice_are_called_so(tmp_path: Path) -> None:
    root = source(tmp_path, lambda _: None, ("imgs/a", "imgs/b"))
    found = only(check_dataset(root), "pictures_ambiguous").message.args
    assert (found["first"], found["second"]) == ("imgs/a/shot 00.png", "imgs/b/shot 00.png")
    put(root / "imgs" / "odd.png", encoded("odd"))
    document = json.loads((root / "x.json").read_text())
    document["images"][3]["file_name"] = "odd.png"
    put(root / "x.json", json.dumps(document))
    report = check_dataset(root)
    assert codes(report).count("picture_ambiguous") == 3 and "picture_missing" not in codes(report)


def test_that_a_file_without_any_box_is_refused_with_its_cause(tmp_path: Path) -> None:
    def emptied(document: dict[str, Any]) -> None:
        for entry in document["annotations"]:
            del entry["bbox"]

    with pytest.raises(UserError, match="none of the 12 annotations has a bbox"):
        import_dataset(source(tmp_path / "data", emptied), tmp_path / "index.sqlite")
