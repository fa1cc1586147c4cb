"""How figures are written: units, decimals, and changes with sign, arrow and judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.contract.figures import Figure, comparable
from engine.contract.text.messages import Message
from engine.contract.text.numbers import show_value as show_value

NAMES: dict[str, str] = {
    "map": "studio.figure.map",
    "map50": "studio.figure.map50",
    "map75": "studio.figure.map75",
    "map_small": "studio.figure.map_small",
    "map_medium": "studio.figure.map_medium",
    "map_large": "studio.figure.map_large",
    "ar1": "studio.figure.ar1",
    "ar10": "studio.figure.ar10",
    "ar100": "studio.figure.ar100",
    "ar_small": "studio.figure.ar_small",
    "ar_medium": "studio.figure.ar_medium",
    "ar_large": "studio.figure.ar_large",
    "map_class": "studio.figure.map_class",
    "macs": "studio.figure.macs",
    "conv_macs": "studio.figure.conv_macs",
    "params": "studio.figure.params",
    "nb_bytes": "studio.figure.nb_bytes",
    "host_ms_network": "studio.figure.host_ms_network",
    "host_ms_total": "studio.figure.host_ms_total",
    "phone_ms": "studio.figure.phone_ms",
    "memory_mb": "studio.figure.memory_mb",
    "parity_box_px": "studio.figure.parity_box_px",
    "parity_score": "studio.figure.parity_score",
}
"""The code of every figure's label."""

_HIGHER_IS_BETTER = ("map", "ar")


Certainty = Literal["exact", "beyond", "within", "unknown", "other"]
"""Whether a change may be chance: it is counted, more than chance, no more than chance, or nobody knows.

"other": both were measured on other pictures, so that there is no change to tell.
"""


@dataclass(frozen=True)
class Delta:
    """A change between two figures: signed points or percent; `better` is None where nothing changed, or by chance.

    `between` is what a change of points would be on other pictures, in 95 of 100 draws of them. `why` tells why there
    is no change to tell of, and then there is no text.
    """

    text: str
    arrow: Literal["▲", "▼", "=", "≈", "≠"]
    better: bool | None
    certainty: Certainty = "exact"
    between: tuple[float, float] | None = None
    why: Message | None = None

    @property
    def tone(self) -> str:
        """How the sheet colours it: good, bad or none."""
        return "none" if self.better is None else "good" if self.better else "bad"


def lower_is_better(name: str) -> bool:
    """True for costs (MACs, bytes, ms), False for scores (mAP, recall)."""
    return not name.startswith(_HIGHER_IS_BETTER)


def show(figure: Figure | None) -> str:
    """A figure in its usual unit: points with one decimal, G MACs, M parameters, MB (10^6 bytes), ms; "-" for none.

    An estimated figure begins with "≈".
    """
    if figure is None:
        return "-"
    mark = "≈" if figure.source == "estimated" else ""
    return mark + show_value(figure.value, figure.unit)


def bare_ms(value: float) -> str:
    """Milliseconds as `show_value` writes them, without the unit."""
    return show_value(value, "ms").removesuffix(" ms")


def shown_value(value: float) -> str:
    """A value of a curve with four digits that matter: 0.8341, 12.35, 1.0e-03."""
    return f"{value:.1e}" if value and abs(value) < 0.01 else f"{value:.4g}"


def certainty(before: Figure, after: Figure, between: tuple[float, float] | None) -> Certainty:
    """Whether a change may be chance: of scores by its interval, of times by the spread of the repeats of both."""
    if after.unit == "points":
        return "unknown" if between is None else "within" if between[0] <= 0 <= between[1] else "beyond"
    if after.unit != "ms" or (before.source, after.source) != ("measured", "measured"):
        return "exact"
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return "unknown"
    return "within" if before.low <= after.high and after.low <= before.high else "beyond"


def delta(before: Figure | None, after: Figure | None, between: tuple[float, float] | None = None) -> Delta | None:
    """The change from `before` to `after`: points for scores, percent for costs; None where there is none to tell.

    Scores on other pictures have no change but the reason for that. `between` is the interval of a change of scores,
    where it is known.
    """
    if before is None or after is None:
        return None
    reason = comparable(before, after)
    if reason is not None:
        return Delta("", "≠", None, "other", why=reason)
    if after.unit == "points":
        # Of what is shown: 89.7 and 87.0 differ by 2.7, whatever their further decimals are.
        change, text = round(round(after.value, 1) - round(before.value, 1), 1), "{:+.1f}"
    elif before.value:
        change, text = round(100 * (after.value / before.value - 1), 1), "{:+.1f} %"
    else:
        return None
    known = certainty(before, after, between)
    if change == 0:
        return Delta(text.replace("+", "").format(0.0), "=", None, known, between)
    if known == "within":
        return Delta(text.format(change), "≈", None, known, between)
    better = (change < 0) == lower_is_better(after.name)
    return Delta(text.format(change), "▲" if change > 0 else "▼", better, known, between)


def grouped(count: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{count:,}".replace(",", "\u2009")


def duration(seconds: float) -> str:
    """A time span as "0:42", "12:05" or "1:02:03"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
