"""The matrix that is committed is of the code that is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.matrix import PLAIN, Cell, Matrix, Outcome, failed, tried
from tests.matrix.__main__ import fails, listed, pairs, stale_cells
from tests.matrix.code import _bare, code_of
from tests.matrix.table import DOCUMENT, document


def test_that_every_pair_was_tried_and_none_that_is_gone() -> None:
    assert {(cell.detector, cell.technique) for cell in tried().cells} == set(pairs()), "run `make matrix`"


def test_that_no_cell_is_of_other_code() -> None:
    """One that is makes nothing fail: what changed since is tried before a release, not at every step on the way."""
    stale = stale_cells(tried())
    if stale:
        pytest.skip(f"STALE, `make matrix` is due before a release: {listed(stale)}")


def test_that_stale_cells_are_named() -> None:
    fresh, old, *rest = (cell for cell in tried().cells if cell.detector == "picodet_s")
    fresh = fresh.model_copy(update={"code": code_of(fresh.detector, fresh.technique)})
    old = old.model_copy(update={"code": "0" * 12})
    assert stale_cells(Matrix(cells=(fresh, old))) == [("picodet_s", old.technique)]
    assert listed([("picodet_s", PLAIN), ("picodet_s", "distill")]) == "picodet_s (plain, distill)"
    whole = [("picodet_s", cell.technique) for cell in (fresh, old, *rest)]
    assert listed([*whole, ("picodet_m", "distill")]) == "picodet_s (all), picodet_m (distill)"


@pytest.mark.parametrize(("exports", "bad"), [({}, False), ({"arm int8": failed("it crashed")}, True)])
def test_that_a_cell_fails_by_its_exports_too(exports: dict[str, Outcome], bad: bool) -> None:
    cell = Cell(detector="a", technique=PLAIN, outcome=Outcome(state="works"), exports=exports, code="")
    assert fails(cell) is bad
    assert fails(cell.model_copy(update={"outcome": failed("it crashed"), "exports": {}}))


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
