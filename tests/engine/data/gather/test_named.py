"""An annotation that could be of two pictures: the named ending wins over chance, and what else there is is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.data.dataset_import import import_dataset
from tests.fakes.datasets import Shot, encoded, put, voc_xml
from tests.fakes.reports import codes, only

Write = Callable[[Path, str, str, float], None]


def voc(root: Path, name: str, says: str, left: float) -> None:
    stem, _, ending = says.rpartition(".")
    shot = Shot(stem, boxes=(("car", (left, 5, left + 9, 20)),))
    put(root / f"{name}.xml", voc_xml(shot, f".{ending}"))


def labelme(root: Path, name: str, says: str, left: float) -> None:
    shape = {"label": "car", "points": [[left, 5], [left + 9, 20]], "shape_type": "rectangle"}
    put(root / f"{name}.json", json.dumps({"shapes": [shape], "imagePath": says}))


def lefts(index: Path) -> dict[str, float]:
    with Index.open(index) as opened:
        return {Path(picture.path).name: picture.boxes[0].x1 for picture in opened.pictures()}


@pytest.mark.parametrize("ending", [".jpg", ".png"])
@pytest.mark.parametrize("write", [voc, labelme])
def test_that_the_ending_that_is_named_decides(tmp_path: Path, write: Write, ending: str) -> None:
    for n in range(4):
        put(tmp_path / "data" / f"{n}.png", encoded(str(n)))
        write(tmp_path / "data", str(n), f"0{ending}" if n == 0 else f"{n}.png", 5.0 + n)
    put(tmp_path / "data" / "0.jpg", encoded("other", ending=".jpg"))
    report = import_dataset(tmp_path / "data", tmp_path / "index.sqlite")
    assert lefts(tmp_path / "index.sqlite") == {f"0{ending}": 5, "1.png": 6, "2.png": 7, "3.png": 8}
    told = only(report, "picture_twins").message.args
    assert {told["picture"], told["other"]} == {"0.jpg", "0.png"} and told["picture"] == f"0{ending}"


@pytest.mark.parametrize("write", [voc, labelme])
def test_that_an_annotation_that_names_another_picture_is_said(tmp_path: Path, write: Write) -> None:
    for n in range(4):
        put(tmp_path / "data" / f"{n}.png", encoded(str(n)))
        # The last one names a picture that is not there: it was renamed together with its annotation.
        write(tmp_path / "data", str(n), {0: "1.png", 1: "0.png", 3: "IMG_77.png"}.get(n, f"{n}.png"), 5.0 + n)
    report = import_dataset(tmp_path / "data", tmp_path / "index.sqlite")
    assert lefts(tmp_path / "index.sqlite") == {f"{n}.png": 5 + n for n in range(4)}
    told = only(report, "picture_crossed").message.args
    assert (told["count"], told["picture"], told["other"]) == (2, "0.png", "1.png")
    assert "picture_twins" not in codes(report)
