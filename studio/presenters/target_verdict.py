"""Whether a figure keeps the target that a person has set for it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contract.figures import Figure
from studio.i18n import tr
from studio.presenters.figure_words import with_precision
from studio.presenters.numbers import show_value

SCALES = {"macs": 1e9, "nb_bytes": 1e6, "host_ms_network": 1.0, "host_ms_total": 1.0, "phone_ms": 1.0}
"""Figures that may have a target, with what one of the target's unit is of the figure's (G MACs, MB, ms)."""


@dataclass(frozen=True)
class Verdict:
    """A sentence, and its tone on the sheet: good, bad or none."""

    text: str
    tone: str


def limit_of(name: str, target: float | None) -> float | None:
    """A target in the figure's own unit; None where none was set."""
    return target * SCALES.get(name, 1.0) if target else None


def verdict(now: Figure | None, limit: float | None) -> Verdict:
    """By how much a figure is within its limit or over it; where either is missing, only that this is the target."""
    if limit is None or now is None:
        return Verdict(tr("studio.recipe.target"), "none")
    by = show_value(abs(now.value - limit), now.unit)
    if now.value <= limit:
        return Verdict(with_precision(tr("studio.recipe.met", by=by), now), "good")
    return Verdict(with_precision(tr("studio.recipe.missed", by=by), now), "bad")
