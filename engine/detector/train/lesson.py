"""What a teacher adds to training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from paddle import Tensor

Batch = Mapping[str, "Tensor"]


class Lesson(Protocol):
    """Extra loss terms for a student; a technique's `teach` makes it."""

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """The terms by name for the batch that the student has just been run on, each a 0-D tensor."""

    def close(self) -> None:
        """Take every hook off the student again."""
