"""Shares of the picture in formats of pixels stop an import; with `fix` they are the boxes that were drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.dataset import Index
from engine.contract.text.messages import UserError
from engine.data.dataset_import import check_dataset, import_dataset
from tests.engine.data.gather.test_twice import createml, cvat, labelme
from tests.fakes.datasets import Shot, encoded, put, shots, write_coco, write_voc
from tests.fakes.reports import codes, only

Write = Callable[[Path, Sequence[Shot]], object]


def by_picture(write: Callable[..., None]) -> Write:
    def every(root: Path, written: Sequence[Shot]) -> None:
        for shot in written:
            put(root / f"{shot.name}.png", encoded(shot.name))
            write(root, shot.name, shot.name, shot.boxes)

    return every


WRITERS: list[Write] = [write_coco, write_voc, by_picture(cvat), by_picture(labelme), by_picture(createml)]


def shared(shot: Shot) -> Shot:
    boxes = [(name, (a / 64, b / 48, c / 64, d / 48)) for name, (a, b, c, d) in shot.boxes]
    return replace(shot, boxes=tuple(boxes))


@pytest.mark.parametrize("write", WRITERS)
def test_that_shares_stop_and_are_scaled_with_fix(tmp_path: Path, write: Write) -> None:
    drawn = shots(6, 2, 0)
    write(tmp_path / "data", [shared(shot) for shot in drawn])
    assert only(check_dataset(tmp_path / "data"), "shares_for_pixels").message.args["count"] == 24
    with pytest.raises(UserError, match="shares of the picture"):
        import_dataset(tmp_path / "data", tmp_path / "index.sqlite")
    import_dataset(tmp_path / "data", tmp_path / "index.sqlite", fix=True)
    with Index.open(tmp_path / "index.sqlite") as index:
        held = [edge for picture in index.pictures() for b in picture.boxes for edge in (b.x1, b.y1, b.x2, b.y2)]
    assert held == pytest.approx([edge for shot in drawn for _, edges in shot.boxes for edge in edges])


def test_that_a_file_of_shares_among_pixels_is_found(tmp_path: Path) -> None:
    drawn = shots(6, 0, 0)
    write_voc(tmp_path, [shared(shot) if n == 3 else shot for n, shot in enumerate(drawn)])
    assert only(check_dataset(tmp_path), "shares_for_pixels").file == "Annotations/shot 03.xml"


def test_that_a_box_of_one_pixel_is_none(tmp_path: Path) -> None:
    dots = [Shot(f"dot {n}", boxes=(("car", (0.0, 0.0, 1.0 * n, 1.0 * n)),)) for n in range(2)]
    write_voc(tmp_path / "pixels", [*shots(6, 0, 0), *dots])
    assert codes(check_dataset(tmp_path / "pixels")) == ["box_degenerate", "label_lost"]
    # Among shares it is the whole picture.
    write_voc(tmp_path / "shares", [*map(shared, shots(6, 0, 0)), dots[1]])
    assert only(check_dataset(tmp_path / "shares"), "shares_for_pixels").message.args["count"] == 19
