"""What a quantising step was measured to clip, as kept with the run that it would be applied to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.recipe import Step

_ELSEWHERE = ("epochs", "rate_factor")
"""Parameters that are nothing to where ranges end before anything is trained."""


class LayerClip(BaseModel):
    """The input of an int8 convolution: the `largest` value that the pictures gave, and the largest that is `kept`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: str
    largest: float
    kept: float

    @property
    def share(self) -> float:
        """How much of the range is given up; what lies there becomes the largest that is kept."""
        return max(0.0, 1.0 - self.kept / self.largest) if self.largest > 0 else 0.0


class LayerClips(BaseModel):
    """All convolutions that the step makes int8, in order of construction, on so many `pictures` of train."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    pictures: int
    layers: tuple[LayerClip, ...]

    @classmethod
    def file(cls, run: Path, step: Step, checkpoint: str) -> Path:
        """Where they are kept; `checkpoint` is the hash of the file measured."""
        told = {name: value for name, value in step.params.items() if name not in _ELSEWHERE}
        digest = hashlib.sha256(json.dumps([step.technique, told], sort_keys=True).encode()).hexdigest()
        return run / "sensitivity" / f"clips-{digest[:12]}-{checkpoint[:12]}.json"

    @classmethod
    def read(cls, file: Path) -> LayerClips | None:
        """What is kept in a file; None where there is none, or one that cannot be read."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return None
