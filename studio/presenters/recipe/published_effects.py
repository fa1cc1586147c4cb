"""What was published of a technique, told short, with its scope in full; published effects are never ours."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.figures import FigureName
from engine.contract.published import PublishedEffect
from studio.i18n import pick, tr
from studio.presenters.numbers import NAMES

Published = Sequence[PublishedEffect]


def effect_names(published: Published) -> list[FigureName]:
    """The figures of which something was published, in the order of the card."""
    return list(dict.fromkeys(entry.name for entry in published))


def matching(published: Published, name: FigureName, detector: str | None) -> list[PublishedEffect]:
    """The entries on a figure, of that detector if there are any; `detector` is its title."""
    entries = [entry for entry in published if entry.name == name]
    return [entry for entry in entries if entry.family == detector] or entries


def brief(published: Published, name: FigureName, detector: str | None = None) -> str:
    """The range of what was published on a figure, such as "-3.1 … +0.2"; empty if nothing was."""
    entries = matching(published, name, detector)
    numbers = [entry.effect for entry in entries if not isinstance(entry.effect, str)]
    if not numbers:
        return "; ".join(dict.fromkeys(_effect(entry) for entry in entries))
    unit = _unit(entries[0])
    low, high = min(numbers), max(numbers)
    return f"{_signed(low)}{unit}" if low == high else f"{_signed(low)} … {_signed(high)}{unit}"


def in_full(published: Published, name: FigureName | None = None) -> str:
    """One line for each published effect: figure, effect, detector, input, threads, note and source."""
    lines = []
    for entry in published:
        if name in (None, entry.name):
            scope = [entry.family, f"{entry.input} px" if entry.input else ""]
            if entry.threads:
                scope.append(tr("studio.recipe.threads", count=entry.threads))
            scope += [pick(entry.note), entry.source]
            lines.append(f"{tr(NAMES[entry.name])} {_effect(entry)} · " + " · ".join(part for part in scope if part))
    return "\n".join(lines)


def _effect(entry: PublishedEffect) -> str:
    text = entry.effect if isinstance(entry.effect, str) else _signed(entry.effect)
    return f"{text}{_unit(entry)}"


def _signed(number: float) -> str:
    return f"{number:+.1f}" if number else "0.0"


def _unit(entry: PublishedEffect) -> str:
    return "" if entry.unit == "points" else f" {entry.unit}"
