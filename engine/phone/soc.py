"""Which chip a phone has, by the words that it uses for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Soc:
    """A chip that is known: its key in `resources/phones`, its name, and whether it computes in fp16."""

    key: str
    name: str
    fp16: bool


def find_soc(words: Iterable[str]) -> Soc | None:
    """The chip that one of the phone's words names (`ro.soc.model`, `ro.board.platform`); None for an unknown one."""
    return None
