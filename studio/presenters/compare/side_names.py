"""How much of the names of two sides is shown where there is little room for them."""

from __future__ import annotations

from collections.abc import Callable

LETTERS = ("A", "B")


def side_names(
    names: tuple[str, str], ends: tuple[str, str], room: float, width: Callable[[str], float]
) -> tuple[str, str]:
    """What stands on the plate of each side: its letter with the whole name, with its first word, or alone.

    A run's number, its first word, says as much as the beginning of its name. `room` is that of one plate.
    """
    a, b = (_fitting(letter, name, end, room, width) for letter, name, end in zip(LETTERS, names, ends, strict=True))
    return a, b


def _fitting(letter: str, name: str, end: str, room: float, width: Callable[[str], float]) -> str:
    candidates = [f"{letter}  {name}{end}", f"{letter}  {name.split(' ')[0]}{end}", letter]
    return next((text.strip() for text in candidates if width(text) <= room), letter)
