"""Curves as CSV: every number as it was told."""

from __future__ import annotations

from studio.presenters.train.curve_table import RunCurves, curve_table
from studio.presenters.train.series import Series


def test_that_every_digit_is_written_and_what_is_missing_is_empty() -> None:
    loss, score = Series([(1, 0.1 + 0.2), (2, 1e-9)]), Series([(2, 41.25)])
    other = Series([(5, 3.0)])
    table = curve_table([RunCurves("0001-base", {"loss": loss, "map": score}, 2.0), RunCurves("b,2", {"loss": other})])
    assert table.splitlines() == [
        "run,step,epoch,loss,map",
        "0001-base,1,0.5,0.30000000000000004,",
        "0001-base,2,1,1e-09,41.25",
        '"b,2",5,,3.0,',
    ]
