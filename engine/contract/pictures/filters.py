"""Which pictures of an index a person filters for, as queries that take no longer at the end than at the beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Query = tuple[str, tuple[str | int, ...]]
_MOST_VALUES = 10_000


class Filters:
    """Makes queries for the ids of pictures of a split and with a box of a class; None means any.

    Pictures with a box of a class are listed once, in memory: to find them again for each page of a large index takes
    as long as all else on a screen.
    """

    def __init__(self, execute: Callable[..., list[tuple[Any, ...]]]) -> None:
        self._execute = execute
        self._listed: set[str] = set()

    def count(self, split: str | None, class_id: int | None) -> Query:
        """A query for how many there are."""
        if class_id is not None:
            return f"SELECT count(*) FROM {self._list(split, class_id)}", ()
        return ("SELECT count(*) FROM pictures", ()) if split is None else (_COUNT_OF_SPLIT, (split,))

    def page(self, split: str | None, class_id: int | None, limit: int, offset: int) -> Query:
        """A query for the ids of some of them, in order; all from `offset` on if `limit` is below 0."""
        if class_id is not None:
            end = offset + limit if limit >= 0 else 1 << 62
            return f"SELECT id FROM {self._list(split, class_id)} WHERE place > ? AND place <= ?", (offset, end)
        if split is None:
            return "SELECT id FROM pictures ORDER BY id LIMIT ? OFFSET ?", (limit, offset)
        return "SELECT id FROM pictures WHERE split = ? ORDER BY id LIMIT ? OFFSET ?", (split, limit, offset)

    def _list(self, split: str | None, class_id: int) -> str:
        name = f"temp.listed_{split or 'all'}_{int(class_id)}"
        if name not in self._listed:
            only = " JOIN pictures ON pictures.id = picture_id" if split is not None else ""
            ids = f"SELECT DISTINCT picture_id FROM boxes{only} WHERE class_id = ?"
            args: tuple[str | int, ...] = (class_id,)
            if split is not None:
                ids, args = f"{ids} AND split = ?", (class_id, split)
            self._execute(f"DROP TABLE IF EXISTS {name}")
            self._execute(f"CREATE TABLE {name} (place INTEGER PRIMARY KEY, id INTEGER NOT NULL)")
            self._execute(f"INSERT INTO {name} (id) {ids} ORDER BY picture_id", args)
            self._listed.add(name)
        return name


_COUNT_OF_SPLIT = "SELECT count(*) FROM pictures WHERE split = ?"


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """What a query of sqlite has room for, which is 32,766 values, one part after the other."""
    for start in range(0, len(values), _MOST_VALUES):
        yield values[start : start + _MOST_VALUES]


def gaps(values: Sequence[object]) -> str:
    """The gaps that values of a query fill."""
    return ", ".join("?" * len(values))
