"""How a slider's positions stand for numbers: shares in steps of one percent, wide ranges finer at their low end."""

from __future__ import annotations

from dataclasses import dataclass

from studio.widgets.schema.spec import FieldSpec, Kind

POSITIONS = 200
DECIMALS = 4
_WIDE = 10.0
_BEND = 3.0


@dataclass(frozen=True)
class Scale:
    """Positions 0 to `top` of a slider for the values `low` to `high`; `factor` is shown per value (100: percent)."""

    low: float
    high: float
    top: int
    bend: float
    factor: float

    @classmethod
    def of(cls, field: FieldSpec) -> Scale:
        """The scale of a number with both bounds; open bounds are left out by the smallest number that is shown."""
        low, high = float(field.low or 0), float(field.high if field.high is not None else 1)
        factor = 100.0 if field.kind is Kind.RATIO else 1.0
        least = 1 / factor if field.kind is Kind.RATIO else 10.0**-DECIMALS
        low, high = low + least * field.low_open, high - least * field.high_open
        if field.kind is Kind.RATIO:
            return cls(low, high, max(round((high - low) * 100), 1), 1.0, factor)
        return cls(low, high, POSITIONS, _BEND if high - low >= _WIDE - 1 else 1.0, factor)

    def value(self, position: int) -> float:
        """The number at a position, rounded to what a hand can mean."""
        exact = self.low + (self.high - self.low) * (position / self.top) ** self.bend
        return self.clamp(round(exact, 2) if self.factor != 1.0 else _two_digits(exact))

    def position(self, value: float) -> int:
        """The position nearest to a number."""
        share = (self.clamp(value) - self.low) / (self.high - self.low or 1.0)
        return round(float(share ** (1 / self.bend)) * self.top)

    def clamp(self, value: float) -> float:
        """The nearest number within the bounds."""
        return min(max(value, self.low), self.high)


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")
