"""What all fleets have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from engine.contract.text.messages import Message
from engine.fleet.piece import Node, Piece


class Backend(Protocol):
    """Has pieces of work done; how each is doing stands in its run folder alone."""

    tells_nodes: bool
    """Whether `nodes` is all there is; else only the fleet itself can tell what it holds."""

    def nodes(self) -> Sequence[Node]:
        """What it consists of now."""

    def begin(self, piece: Piece) -> None:
        """Have a piece done as soon as there is room for it; returns at once."""

    def ended(self) -> dict[Path, Message | None]:
        """What is over since the last call: what went wrong around it, or None where its folder tells all."""

    def stop(self, runs: Iterable[Path]) -> None:
        """Drop what waits and stop what is at work; returns when nothing of it is alive, or cannot be reached."""

    def close(self) -> None:
        """Let go of everything; what is still at work is stopped."""
