"""How a value of a curve is written."""

from __future__ import annotations


def shown_value(value: float) -> str:
    """A value of a curve with four digits that matter: 0.8341, 12.35, 1.0e-03."""
    return f"{value:.1e}" if value and abs(value) < 0.01 else f"{value:.4g}"
