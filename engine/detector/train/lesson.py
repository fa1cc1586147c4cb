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


class Limited:
    """A lesson whose terms together are at most `limit` of the detector's own loss; where they are more, all shrink."""

    def __init__(self, lesson: Lesson, limit: float) -> None:
        self._lesson, self._limit = lesson, limit

    @property
    def learns(self) -> nn.Layer | None:
        """What the lesson within trains."""
        return self._lesson.learns

    def loss(self, batch: Batch, own: Tensor) -> dict[str, Tensor]:
        """The terms of the lesson within, times a number that is 1 or less and has no gradient."""
        terms = self._lesson.loss(batch, own)
        together = sum(term.detach() for term in terms.values())
        shrunk = (own.detach().sum() * self._limit / together).clip(max=1.0)
        return {name: term * shrunk for name, term in terms.items()}

    def close(self) -> None:
        """Close the lesson within."""
        self._lesson.close()


def trained(network: nn.Layer, lessons: Sequence[Lesson]) -> dict[str, Any]:
    """All parameters of a training by name: the network's as they are called there, a lesson's as `lesson.N.NAME`."""
    return dict(network.named_parameters()) | {
        f"lesson.{number}.{name}": weight
        for number, lesson in enumerate(lessons)
        if lesson.learns is not None
        for name, weight in lesson.learns.named_parameters()
    }
