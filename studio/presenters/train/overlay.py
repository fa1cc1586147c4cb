"""Several runs over each other: which colour each has, and who may still be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MOST = 6
"""Runs over each other, the shown one among them; more lines cannot be told apart."""
SERIES = (0, 1, 4, 6, 3, 7)
"""Places in the palette's `series`, one for each slot: of those that are alike only one is taken."""


def slots(wanted: Sequence[str], kept: Mapping[str, int]) -> dict[str, int]:
    """A slot for each of the first MOST names: the one that it had, else the first that is free."""
    names = list(dict.fromkeys(wanted))[:MOST]
    found: dict[str, int] = {}
    for name in names:
        if kept.get(name, MOST) < MOST and kept[name] not in found.values():
            found[name] = kept[name]
    free = [slot for slot in range(MOST) if slot not in found.values()]
    for name in names:
        if name not in found:
            found[name] = free.pop(0)
    return {name: found[name] for name in names}
