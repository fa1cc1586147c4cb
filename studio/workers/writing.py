"""Small files that the studio writes: whole or not at all, without waiting for the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar

from engine.contract.system.files import write_atomically

Outcome = TypeVar("Outcome")
_turn = Lock()


def write_whole(path: Path, text: str) -> None:
    """Write `path`; raises OSError. It is not synced: that could hold the window for seconds."""
    write_atomically(path, text, sync=False)


def in_turn(work: Callable[[], Outcome]) -> Outcome:
    """Do work that reads a file and writes it again, one after the other, whichever threads ask for it."""
    with _turn:
        return work()
