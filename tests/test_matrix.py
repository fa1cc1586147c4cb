"""The matrix that is committed is of the code that is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.matrix import PLAIN, tried
from engine.detector.base.spec import detector_specs
from engine.recipe.registry import techniques
from tests.matrix.__main__ import pairs
from tests.matrix.code import _bare, code_of
from tests.matrix.table import DOCUMENT, document


def test_that_no_cell_is_of_other_code_or_of_what_is_gone() -> None:
    stale = [
        f"{cell.detector} x {cell.technique or 'plain'}"
        for cell in tried().cells
        if (cell.detector, cell.technique) not in set(pairs()) or cell.code != code_of(cell.detector, cell.technique)
    ]
    assert stale == [], "run `make matrix`"


def test_that_every_detector_and_every_technique_was_tried() -> None:
    cells = tried().cells
    assert {cell.detector for cell in cells if cell.technique == PLAIN} == set(detector_specs())
    assert {cell.technique for cell in cells} == {PLAIN, *techniques()}


def test_that_nothing_is_refused_that_works_with_another_choice_or_behind_another_step() -> None:
    """The studio greys what the matrix refuses: a backbone can be swapped also where the default is there already."""
    for technique, detector in (
        ("backbone_swap", "yolov3_mobilenet_v3_large"),
        ("backbone_swap", "ssdlite_mobilenet_v3_large"),
        ("backbone_lr", "yolov3_mobilenet_v1"),
        ("neck_extra_levels", "faster_rcnn_mobilenet_v3_fpn"),
    ):
        cell = tried().cell(detector, technique)
        assert cell is not None and cell.outcome.state == "works"


def test_that_nothing_fails_that_the_table_does_not_tell() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(tried())


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("x = 1", "# why\nx  =  1", True),
        ('def f():\n    """Says."""\n    return 1', "def f():\n    return 1", True),
        ("x = 1", "x = 2", False),
    ],
)
def test_that_comments_make_no_cell_stale(before: str, after: str, same: bool, tmp_path: Path) -> None:
    files = [tmp_path / "before.py", tmp_path / "after.py"]
    for file, text in zip(files, (before, after), strict=True):
        file.write_text(text, encoding="utf-8")
    assert (_bare(files[0]) == _bare(files[1])) is same
