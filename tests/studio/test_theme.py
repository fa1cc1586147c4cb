"""Colours can be told apart, in both themes; icons are drawn."""

from __future__ import annotations

import re
from itertools import product

import pytest

from studio.theme import DARK, ICONS, LIGHT, Palette, contrast, icon, style_sheet

GROUNDS = ("window", "surface", "raised", "sunken")
TEXTS = ("text", "muted", "disabled", "accent", "good", "bad", "warn", "info", "a", "b")
PAIRS = [
    *product(TEXTS, GROUNDS),
    *product(("text",), ("hover", "selection", "accent_soft", "bad_soft", "warn_soft", "info_soft")),
    *[("muted", ground) for ground in ("hover", "sunken")],
    ("accent_text", "accent"),
    ("accent_text", "accent_hover"),
    ("good", "accent_soft"),
    ("bad", "bad_soft"),
    ("warn", "warn_soft"),
    ("info", "info_soft"),
]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_that_text_has_a_contrast_of_four_and_a_half(colours: Palette) -> None:
    weak = {
        f"{text} on {ground}": round(contrast(getattr(colours, text), getattr(colours, ground)), 2)
        for text, ground in PAIRS
        if contrast(getattr(colours, text), getattr(colours, ground)) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_that_what_is_drawn_has_a_contrast_of_three(colours: Palette) -> None:
    drawn = {"border_strong": colours.border_strong, **{str(n): colour for n, colour in enumerate(colours.series)}}
    assert {name: colour for name, colour in drawn.items() if contrast(colour, colours.surface) < 3} == {}


def test_contrast_against_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_that_the_sheet_is_filled_in(colours: Palette) -> None:
    assert "$" not in style_sheet(colours)


@pytest.mark.parametrize("name", sorted(path.stem for path in ICONS.glob("*.svg")))
def test_that_an_icon_is_drawn_in_the_given_colour(name: str) -> None:
    image = icon(name, "#ff0000").pixmap(24, 24).toImage()
    colours = {
        (image.pixelColor(x, y).red(), image.pixelColor(x, y).green())
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 200
    }
    assert colours
    if name != "espalier":
        assert all(red > 200 and green < 40 for red, green in colours)
        assert re.search("currentColor", (ICONS / f"{name}.svg").read_text())
