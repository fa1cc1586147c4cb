"""Labels that a person corrected in a project: `data/labels.json`. The source itself is never changed."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from engine.contract.system.files import write_atomically
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place

CORRECTED = "data/labels.json"
"""What an index names as the file of a box that was corrected in the project: it lies there, not in the source."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LabelBox(_Frozen):
    """A box by the name of its class; edges left, top, right, bottom in pixels of the picture as it is shown."""

    name: str
    box: tuple[float, float, float, float]
    difficult: bool = False
    crowd: bool = False


class Correction(_Frozen):
    """All boxes that one picture has from now on. `path` is where it was, for words: its digest tells which it is."""

    path: str
    boxes: tuple[LabelBox, ...] = ()


class Corrections(_Frozen):
    """What was corrected, by the SHA-256 of a picture's bytes: it holds wherever the picture lies or moves to."""

    format: int = Field(default=1, ge=1, le=1)
    pictures: dict[str, Correction] = {}

    @classmethod
    def read(cls, path: Path) -> Corrections:
        """What the file says, nothing where there is none; raises UserError when it is broken."""
        if not path.is_file():
            return cls()
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError("data.labels_malformed", path=str(path), reason=at_place(error)) from error

    def write(self, path: Path) -> None:
        """Write the file whole or not at all. Raises OSError."""
        write_atomically(path, self.model_dump_json(indent=1))
