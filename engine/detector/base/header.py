"""What a checkpoint tells of itself in its header; reading it needs no Paddle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place

HEADER = "espalier"
"""Key of the safetensors header's entry that holds a CheckpointInfo as JSON."""


class Position(BaseModel):
    """Where training is: the next batch to run, and the best evaluation so far."""

    model_config = ConfigDict(extra="forbid")

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_map: float | None = None
    best_epoch: int = -1
    evaluated: int = 0
    finished: bool = False


class CheckpointInfo(BaseModel):
    """What a checkpoint tells of itself; `records[i]` belongs to `steps[i]`."""

    model_config = ConfigDict(extra="forbid")

    format: int = 1
    choice: DetectorChoice
    steps: tuple[Step, ...] = ()
    records: tuple[dict[str, Any] | None, ...] = ()
    data_hash: str = ""
    versions: dict[str, str] = {}
    position: Position = Position()


def read_info(path: Path) -> CheckpointInfo:
    """The description in a checkpoint's header; raises UserError for other files."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as stream:
            header = (stream.metadata() or {}).get(HEADER)
    except (SafetensorError, OSError) as error:
        raise UserError("checkpoint.malformed", path=str(path), reason=str(error)[:200]) from error
    if header is None:
        raise UserError("checkpoint.foreign", path=str(path))
    try:
        return CheckpointInfo.model_validate_json(header)
    except ValidationError as error:
        raise UserError("checkpoint.malformed", path=str(path), reason=at_place(error)) from error
