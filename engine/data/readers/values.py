"""Numbers, flags and ids by their types: what a table wrote as text is read, what could mean anything is named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Generic, TypeVar

_TRUE = frozenset({"1", "true", "yes"})
_FALSE = frozenset({"0", "false", "no", "", "none", "null", "unspecified"})
_WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_DIGITS = 4000
T = TypeVar("T")


def number(value: object) -> float | None:
    """A finite number, also one that is written as text; a truth value is none."""
    # A text is what is mostly asked; `float` takes its spaces off, and 1_0 for 10 as no other tool does.
    if type(value) is str:
        if "_" in value:
            return None
    elif isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(value: object) -> bool | None:
    """Yes or no, as a truth value, 0 or 1, or either as text; None when it is neither."""
    if value is None or isinstance(value, bool):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, str) and word in _TRUE | _FALSE:
        return word in _TRUE
    found = number(word)
    return bool(found) if found in (0.0, 1.0) else None


def kind(value: object) -> str:
    """A value with its type, as a sentence shows it: `text "0"`."""
    if value is None:
        return "null"
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    names = {bool: "truth value", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return f"{names.get(type(value), type(value).__name__)} {shown[:40]}"


def is_id(value: object) -> bool:
    """Whether a value can name something: a whole number, or text that is not empty."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


class ById(Generic[T]):
    """Things by their ids; an id that is text is found by the same number and the other way round.

    `retyped` tells that this was needed.
    """

    def __init__(self, entries: Iterable[tuple[object, T]] = ()) -> None:
        self._exact: dict[tuple[bool, object], T] = {}
        self._alike: dict[str, list[T]] = {}
        self.retyped = False
        for key, thing in entries:
            self.add(key, thing)

    def add(self, key: object, thing: T) -> None:
        """Take a thing in under an id that `is_id`."""
        self._exact[isinstance(key, str), key] = thing
        self._alike.setdefault(_plain(key), []).append(thing)

    def __contains__(self, key: object) -> bool:
        return is_id(key) and (isinstance(key, str), key) in self._exact

    def get(self, key: object) -> T | None:
        """The thing of this id, or the only one whose id is written alike; None when there is none."""
        if not is_id(key):
            return None
        exact = self._exact.get((isinstance(key, str), key))
        if exact is not None:
            return exact
        alike = self._alike.get(_plain(key), [])
        if len(alike) != 1:
            return None
        self.retyped = True
        return alike[0]

    def values(self) -> list[T]:
        """All things."""
        return list(self._exact.values())


def whole(key: object) -> int | None:
    """The whole number that an id is or is written as, exactly: ids of 64 bits are more than a float can tell apart."""
    if isinstance(key, str):
        found = _WHOLE.fullmatch(key.strip())
        # Python turns no longer text into a number.
        return int(found.group(1)) if found is not None and len(found.group(1)) < _DIGITS else None
    return int(key) if isinstance(key, int | float) and is_id(key) else None


def _plain(key: object) -> str:
    found = whole(key)
    return str(found) if found is not None else str(key).strip()
