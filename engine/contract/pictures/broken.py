"""What an index holds and cannot be, told as a broken index."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place


@contextlib.contextmanager
def told_as_broken(path: Path) -> Iterator[None]:
    """Raise UserError for whatever reading the index at `path` comes upon: bytes, types or values."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError, TypeError) as found:
        reason = at_place(found) if isinstance(found, ValueError) else str(found)
        raise UserError("data.index_broken", path=str(path), reason=reason) from found
