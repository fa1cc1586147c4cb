"""What was tried of every detector with every technique: `resources/matrix.json`, written by `make matrix`."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.text.messages import Message
from engine.contract.text.resources import RESOURCES

FILE = RESOURCES / "matrix.json"
PLAIN = ""
"""Stands for a detector by itself where a technique's key is expected."""


class Outcome(BaseModel):
    """`works`; `refused` in words before anything runs; `fails`, which is a defect that is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Literal["works", "refused", "fails"]
    message: Message | None = None


def failed(reason: str) -> Outcome:
    """A defect that is known, with its words."""
    return Outcome(state="fails", message=Message(code="matrix.failed", args={"reason": reason}))


class Cell(BaseModel):
    """One detector under one technique: trained, saved, loaded, counted; then exported, by `target precision`.

    `code` is a hash of all the code that had a part in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    detector: str
    technique: str
    outcome: Outcome
    exports: dict[str, Outcome] = {}
    code: str


class Matrix(BaseModel):
    """All cells, by detector and technique."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    cells: tuple[Cell, ...] = ()

    def cell(self, detector: str, technique: str = PLAIN) -> Cell | None:
        """What was tried of the two, if it was."""
        return next((c for c in self.cells if (c.detector, c.technique) == (detector, technique)), None)


@cache
def tried() -> Matrix:
    """The matrix that came with this version; an empty one where there is none."""
    return Matrix.model_validate_json(FILE.read_text(encoding="utf-8")) if FILE.is_file() else Matrix()
