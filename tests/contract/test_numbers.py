"""Numbers as they are written, in running text and below each other in a column."""

from __future__ import annotations

import pytest

from engine.contract.text.numbers import show_value, small_share


@pytest.mark.parametrize(
    ("value", "unit", "text", "column"),
    [
        (28.42, "points", "28.4", "28.4"),
        (7.541e9, "MACs", "7.54 G", "7.541 G"),
        (695e6, "MACs", "695 M", "0.695 G"),
        (31.02e6, "MACs", "31.0 M", "0.031 G"),
        (999.6e6, "MACs", "1.00 G", "1.000 G"),
        (0.0, "MACs", "0", "0.000 G"),
        (850e3, "parameters", "850 k", "0.850 M"),
        (950.0, "bytes", "950 B", "0.00 MB"),
        (87.4e3, "bytes", "87.4 kB", "0.09 MB"),
        (24.64e6, "parameters", "24.6 M", "24.640 M"),
        (17.04e6, "bytes", "17.0 MB", "17.04 MB"),
        (9.994, "ms", "9.99 ms", "9.99 ms"),
        (9.996, "ms", "10.0 ms", "10.0 ms"),
        (0.0, "px", "0 px", "0 px"),
        (0.01234, "px", "0.0123 px", "0.0123 px"),
    ],
)
def test_how_a_number_is_written(value: float, unit: str, text: str, column: str) -> None:
    assert (show_value(value, unit), show_value(value, unit, column=True)) == (text, column)


def test_how_a_share_that_may_be_small_is_written() -> None:
    shares = (0.0, 1e-7, 1e-5, 0.0036, 0.08, 0.224, 1.0)
    assert [small_share(share) for share in shares] == ["0 %", "< 0.001 %", "0.001 %", "0.36 %", "8 %", "22 %", "100 %"]
