"""What was published of a technique, told short, with its scope in full; published effects are never ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.i18n import pick, tr
from studio.presenters.numbers import NAMES

Published = Mapping[str, Any]


def effect_names(published: Sequence[Published]) -> list[str]:
    """The figures of which something was published, in the order of the card."""
    return list(dict.fromkeys(str(entry["name"]) for entry in published))


def matching(published: Sequence[Published], name: str, detector: str | None) -> list[Published]:
    """The entries on a figure, of that detector if there are any; `detector` is its title."""
    entries = [entry for entry in published if entry["name"] == name]
    same = [entry for entry in entries if detector is not None and str(entry.get("family")) == detector]
    return same or entries


def brief(published: Sequence[Published], name: str, detector: str | None = None) -> str:
    """The range of what was published on a figure, such as "-3.1 … +0.2"; empty if nothing was."""
    entries = matching(published, name, detector)
    numbers = [entry["effect"] for entry in entries if isinstance(entry["effect"], int | float)]
    if not numbers:
        return "; ".join(dict.fromkeys(_effect(entry) for entry in entries))
    unit = _unit(entries[0])
    low, high = min(numbers), max(numbers)
    return f"{_signed(low)}{unit}" if low == high else f"{_signed(low)} … {_signed(high)}{unit}"


def in_full(published: Sequence[Published], name: str | None = None) -> str:
    """One line for each published effect: figure, effect, detector, input, threads, note and source."""
    lines = []
    for entry in published:
        if name is not None and entry["name"] != name:
            continue
        scope = [str(entry.get("family") or ""), f"{entry['input']} px" if entry.get("input") else ""]
        if entry.get("threads"):
            scope.append(tr("studio.recipe.threads", count=int(entry["threads"])))
        scope += [_note(entry), str(entry.get("source") or "")]
        label = tr(NAMES[str(entry["name"])]) if str(entry["name"]) in NAMES else str(entry["name"])
        lines.append(f"{label} {_effect(entry)} · " + " · ".join(part for part in scope if part))
    return "\n".join(lines)


def _note(entry: Published) -> str:
    note = entry.get("note") or ""
    return pick(note) if isinstance(note, dict) else str(note)


def _effect(entry: Published) -> str:
    effect = entry["effect"]
    text = _signed(effect) if isinstance(effect, int | float) else str(effect)
    return f"{text}{_unit(entry)}"


def _signed(number: float) -> str:
    return f"{number:+.1f}" if number else "0.0"


def _unit(entry: Published) -> str:
    unit = str(entry.get("unit") or "")
    return "" if unit == "points" else f" {unit}"
