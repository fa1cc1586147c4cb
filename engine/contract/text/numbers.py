"""How a number with its unit is written for a person."""

from __future__ import annotations

import math

_SCALES = {"MACs": (1e9, "G", 3), "parameters": (1e6, "M", 3), "bytes": (1e6, "MB", 2)}
"""By unit: what it is divided by, what it is called then, and its decimals in a column."""


def show_value(value: float, unit: str, *, column: bool = False) -> str:
    """A number in its usual unit: points with one decimal, G MACs, M parameters, MB (10^6 bytes), ms.

    Three digits that matter; in a `column`, where numbers stand below each other, as many decimals each.
    """
    if unit == "points":
        return f"{value:.1f}"
    if unit == "ms":
        return f"{value:.2f} ms" if round(value, 2) < 10 else f"{value:.1f} ms"
    if unit in _SCALES:
        scale, sign, decimals = _SCALES[unit]
        value = value / scale
        return f"{value:.{decimals}f} {sign}" if column else f"{_three_digits(value)} {sign}"
    return f"{value:.3g} {unit}" if column else f"{_three_digits(value)} {unit}".rstrip()


def _three_digits(value: float) -> str:
    """Three significant digits without an exponent: 0.695, 4.24, 17.0, 128."""
    if value == 0:
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    # Rounding may have added a digit: 9.996 is 10.0, not 10.00.
    decimals = 2 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(0, min(decimals, 9))}f}"
