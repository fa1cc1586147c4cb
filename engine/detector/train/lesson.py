"""What a teacher adds to training, and the parameters that training has on account of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from paddle import Tensor, nn

Batch = Mapping[str, "Tensor"]


class Lesson(Protocol):
    """Extra loss terms for a student; a technique's `teach` makes it."""

    @property
    def learns(self) -> nn.Layer | None:
        """What is trained with the student, kept in the checkpoint to resume from and thrown away at the end."""

    def loss(self, batch: Batch, own: Tensor) -> dict[str, Tensor]:
        """The terms by name for the batch that the student has just been run on, each a 0-D tensor as it is added.

        `own` is the detector's loss of that batch.
        """

    def close(self) -> None:
        """Take every hook off the student again."""


def trained(network: nn.Layer, lessons: Sequence[Lesson]) -> dict[str, Any]:
    """All parameters of a training by name: the network's as they are called there, a lesson's as `lesson.N.NAME`."""
    return dict(network.named_parameters()) | {
        f"lesson.{number}.{name}": weight
        for number, lesson in enumerate(lessons)
        if lesson.learns is not None
        for name, weight in lesson.learns.named_parameters()
    }
