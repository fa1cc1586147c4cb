"""Runs over each other: colours that stay with their runs and can be told apart."""

from __future__ import annotations

from itertools import combinations

import pytest

from studio.presenters.train.overlay import MOST, SERIES, slots
from studio.theme import DARK, LIGHT, Palette


def test_that_a_run_keeps_its_slot_when_others_come_and_go() -> None:
    first = slots(["base", "small"], {})
    assert first == {"base": 0, "small": 1}
    later = slots(["small", "int8", "base"], first)
    assert later == {"small": 1, "int8": 2, "base": 0}
    assert slots(["int8", "new"], later) == {"int8": 2, "new": 0}


def test_that_more_than_fit_are_left_out() -> None:
    names = [f"run{number}" for number in range(MOST + 2)]
    assert list(slots(names, {})) == names[:MOST]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_that_no_two_colours_are_alike(palette: Palette) -> None:
    colours = [lab(palette.series[place]) for place in SERIES]
    assert len(set(SERIES)) == MOST
    apart = [sum((a - b) ** 2 for a, b in zip(one, two, strict=True)) ** 0.5 for one, two in combinations(colours, 2)]
    assert min(apart) > 30


def lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour, in which equal distances look alike."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
