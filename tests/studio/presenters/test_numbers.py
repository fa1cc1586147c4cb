"""Figures as a person reads them."""

from __future__ import annotations

from typing import get_args

import pytest

from engine.contract.figures import Figure, FigureName, Source
from engine.contract.text.messages import sentences
from studio.presenters.numbers import NAMES, Delta, delta, duration, grouped, lower_is_better, show


def figure(name: FigureName, value: float, unit: str, source: Source = "measured") -> Figure:
    return Figure(name=name, value=value, unit=unit, source=source)


@pytest.mark.parametrize(
    ("name", "value", "unit", "text"),
    [
        ("map", 28.42, "points", "28.4"),
        ("conv_macs", 695e6, "MACs", "695 M"),
        ("macs", 31.02e6, "MACs", "31.0 M"),
        ("conv_macs", 7.541e9, "MACs", "7.54 G"),
        ("params", 4.241e6, "parameters", "4.24 M"),
        ("nb_bytes", 17.04e6, "bytes", "17.0 MB"),
        ("nb_bytes", 9.996e6, "bytes", "10.0 MB"),
        ("nb_bytes", 128.4e6, "bytes", "128 MB"),
        ("host_ms_total", 9.874, "ms", "9.87 ms"),
        ("host_ms_total", 9.996, "ms", "10.0 ms"),
        ("host_ms_total", 12.34, "ms", "12.3 ms"),
        ("parity_box_px", 0.0, "px", "0 px"),
    ],
)
def test_how_a_figure_is_written(name: FigureName, value: float, unit: str, text: str) -> None:
    assert show(figure(name, value, unit)) == text
    assert show(figure(name, value, unit, "estimated")) == f"≈{text}"


def test_that_no_figure_is_a_dash() -> None:
    assert show(None) == "-"


@pytest.mark.parametrize(
    ("name", "unit", "before", "after", "expected"),
    [
        ("map", "points", 29.4, 28.4, Delta("-1.0", "▼", False)),
        ("map", "points", 28.4, 29.4, Delta("+1.0", "▲", True)),
        ("map", "points", 28.40, 28.42, Delta("0.0", "=", None)),
        ("conv_macs", "MACs", 24.64e9, 7.54e9, Delta("-69.4 %", "▼", True)),
        ("host_ms_total", "ms", 10.0, 12.0, Delta("+20.0 %", "▲", False)),
        ("host_ms_total", "ms", 0.0, 12.0, None),
    ],
)
def test_a_change_with_sign_arrow_and_judgement(
    name: FigureName, unit: str, before: float, after: float, expected: Delta | None
) -> None:
    told = delta(figure(name, before, unit), figure(name, after, unit))
    wanted = None if expected is None else (expected.text, expected.arrow, expected.better)
    assert (told and (told.text, told.arrow, told.better)) == wanted
    assert delta(None, figure(name, after, unit)) is None


def test_that_every_figure_has_a_label_in_both_languages() -> None:
    assert set(NAMES) == set(get_args(FigureName))
    assert all(code in sentences() for code in NAMES.values())
    assert not lower_is_better("ar100") and lower_is_better("macs")


def test_durations() -> None:
    assert [duration(seconds) for seconds in (0, 42.4, 725, 3723)] == ["0:00", "0:42", "12:05", "1:02:03"]


def test_that_a_change_is_that_of_the_numbers_shown() -> None:
    found = delta(figure("map", 89.653, "points"), figure("map", 87.04, "points"))
    assert found is not None and found.text == "-2.7"


def test_that_thousands_are_set_apart() -> None:
    assert (grouped(950), grouped(1500)) == ("950", "1\u2009500")


@pytest.mark.parametrize(
    ("between", "arrow", "better", "certainty"),
    [(None, "▼", False, "unknown"), ((-2.6, 0.9), "≈", None, "within"), ((-2.6, -0.1), "▼", False, "beyond")],
)
def test_that_a_change_of_a_score_that_may_be_chance_is_neither_good_nor_bad(
    between: tuple[float, float] | None, arrow: str, better: bool | None, certainty: str
) -> None:
    told = delta(figure("map", 60.5, "points"), figure("map", 59.6, "points"), between)
    assert told is not None and told.text == "-0.9"
    assert (told.arrow, told.better, told.certainty, told.between) == (arrow, better, certainty, between)


def times(low: float, middle: float, high: float, source: Source = "measured") -> Figure:
    return figure("host_ms_network", middle, "ms", source).model_copy(update={"low": low, "high": high})


@pytest.mark.parametrize(
    ("after", "certainty", "better"),
    [
        (times(0.9, 1.0, 1.1), "beyond", True),
        (times(1.5, 1.8, 1.9), "within", None),
        (times(0.9, 1.0, 1.1, "estimated"), "exact", True),
        (figure("host_ms_network", 1.0, "ms"), "unknown", True),
    ],
)
def test_that_times_whose_repeats_overlap_do_not_differ(after: Figure, certainty: str, better: bool | None) -> None:
    told = delta(times(1.9, 2.0, 2.4), after)
    assert told is not None and (told.certainty, told.better) == (certainty, better)


def test_that_what_is_counted_is_never_chance() -> None:
    told = delta(figure("conv_macs", 100, "MACs", "computed"), figure("conv_macs", 99.8, "MACs", "computed"))
    assert told is not None and (told.certainty, told.better) == ("exact", True)
