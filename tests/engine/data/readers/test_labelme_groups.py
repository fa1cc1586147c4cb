"""What labelme's `group_id` joins: parts of one object, never rectangles, nor by an id that says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.dataset_import import import_dataset
from tests.fakes.datasets import encoded, put
from tests.fakes.indexes import pictures_by_name
from tests.fakes.reports import codes, only

NEAR, FAR = (4.0, 5.0, 14.0, 15.0), (40.0, 20.0, 60.0, 44.0)
AROUND = (4.0, 5.0, 60.0, 44.0)


def shape(edges: tuple[float, ...], group: object, kind: str = "polygon", label: str = "car") -> dict[str, Any]:
    a, b, c, d = edges
    points = [[a, b], [c, d]] if kind == "rectangle" else [[a, b], [c, b], [c, d], [a, d]]
    return {"label": label, "points": points, "group_id": group, "shape_type": kind}


def source(root: Path, *shapes: dict[str, Any]) -> Path:
    for n in range(4):
        put(root / f"{n}.png", encoded(str(n)))
        put(root / f"{n}.json", json.dumps({"shapes": shapes, "imagePath": f"{n}.png"}))
    return root


def boxes(index: Path, name: str = "0") -> list[tuple[float, ...]]:
    return [(box.x1, box.y1, box.x2, box.y2) for box in pictures_by_name(index)[name].boxes]


@pytest.mark.parametrize("kind", ["rectangle", "polygon"])
@pytest.mark.parametrize("group", ["", -1, 0, 1])
def test_that_an_id_of_all_shapes_joins_nothing(tmp_path: Path, group: object, kind: str) -> None:
    root = source(tmp_path / "data", shape(NEAR, group, kind), shape(FAR, group, kind))
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert boxes(tmp_path / "index.sqlite") == [NEAR, FAR]
    assert only(report, "groups_apart").message.args["count"] == 8


def test_that_rectangles_are_never_joined_and_that_is_said(tmp_path: Path) -> None:
    root = source(
        tmp_path / "data", shape(NEAR, 3, "rectangle"), shape(FAR, 3, "rectangle"), shape(NEAR, None, label="dog")
    )
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert boxes(tmp_path / "index.sqlite") == [NEAR, FAR, NEAR]
    assert "groups_apart" in codes(report) and "groups_joined" not in codes(report)


def test_that_parts_of_an_object_are_joined_with_counts(tmp_path: Path) -> None:
    root = source(tmp_path / "data", shape(NEAR, 3), shape(FAR, 3), shape(NEAR, None, label="dog"))
    # The one object of this picture is of parts too: elsewhere the id tells objects apart.
    put(root / "1.json", json.dumps({"shapes": [shape(NEAR, 3), shape(FAR, 3)], "imagePath": "1.png"}))
    report = import_dataset(root, tmp_path / "index.sqlite")
    assert boxes(tmp_path / "index.sqlite") == [AROUND, NEAR]
    assert boxes(tmp_path / "index.sqlite", "1") == [AROUND]
    told = only(report, "groups_joined").message.args
    assert (told["count"], told["boxes"]) == (8, 4) and "groups_apart" not in codes(report)
