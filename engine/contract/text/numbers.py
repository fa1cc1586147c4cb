"""How a number with its unit is written for a person."""

from __future__ import annotations

import math

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_COUNTED = {"MACs": "", "parameters": "", "bytes": "B"}
"""By unit: what stands behind the prefix."""
_COLUMNS = {"MACs": (1e9, "G", 3), "parameters": (1e6, "M", 3), "bytes": (1e6, "MB", 2)}
"""By unit: what it is divided by in a column, what it is called then, and its decimals."""


def show_value(value: float, unit: str, *, column: bool = False) -> str:
    """A number in its usual unit: points with one decimal, MACs and parameters with k, M or G, kB, MB (10^6 bytes), ms.

    Three digits that matter, after them the largest prefix that leaves a digit before the point; in a `column`,
    where numbers stand below each other, one prefix and as many decimals for all.
    """
    if unit == "points":
        return f"{value:.1f}"
    if unit == "ms":
        return f"{value:.2f} ms" if round(value, 2) < 10 else f"{value:.1f} ms"
    if column and unit in _COLUMNS:
        scale, sign, decimals = _COLUMNS[unit]
        return f"{value / scale:.{decimals}f} {sign}"
    if unit in _COUNTED:
        return _prefixed(value, _COUNTED[unit])
    return f"{value:.3g} {unit}" if column else f"{_three_digits(value)} {unit}".rstrip()


def signed(change: float) -> str:
    """A change in points: -3.0, +0.5, and 0.0 for what is shown as none."""
    text = f"{change:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def small_share(share: float) -> str:
    """A share that may be very small, in percent, to two digits: 22 %, 0.36 %, and < 0.001 % below that."""
    percent = 100 * share
    if 0 < percent < 0.001:
        return "< 0.001 %"
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"


def _prefixed(value: float, unit: str) -> str:
    """As engineers write it: 31.0 M, 4.24 G, 850 k."""
    # What is rounded to a thousand of one prefix is one of the next: 999.6 M is 1.00 G.
    rounded = float(f"{value:.3g}")
    scale, sign = next((pair for pair in _PREFIXES if abs(rounded) >= pair[0]), _PREFIXES[-1])
    digits = _three_digits(value / scale) if sign else f"{round(value)}"
    return f"{digits} {sign}{unit}".rstrip()


def _three_digits(value: float) -> str:
    """Three significant digits without an exponent: 0.695, 4.24, 17.0, 128."""
    if value == 0:
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    # Rounding may have added a digit: 9.996 is 10.0, not 10.00.
    decimals = 2 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(0, min(decimals, 9))}f}"


def chance_percent(chance: float) -> str:
    """A probability in percent, never quite none or all."""
    return "< 1 %" if chance < 0.005 else "> 99 %" if chance > 0.995 else f"{100 * chance:.0f} %"
