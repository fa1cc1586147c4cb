"""What a checkpoint tells of itself in its header; reading it needs no Paddle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import at_place

HEADER = "espalier"
"""Key of the safetensors header's entry that holds a CheckpointInfo as JSON."""


class LossTrend(BaseModel):
    """What the loss has done so far, in logarithms (see `train/divergence.py`).

    `level` is its average of late, `first` that of the first steps, `best` the lowest; for `above` steps it has been
    far above that, and it stood at `mark` when it was last looked whether it falls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = 0
    level: float = 0.0
    first: float = 0.0
    best: float = 0.0
    above: int = 0
    mark: float = 0.0


class MapFall(BaseModel):
    """Evaluations in a row with next to nothing of the best val mAP; the highest of them, the loss at the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evaluations: int = 0
    highest: float = 0.0
    level: float = 0.0


class Position(BaseModel):
    """Where training is: the next batch to run, the best evaluation so far, and how loss and mAP have gone."""

    model_config = ConfigDict(extra="forbid")

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_map: float | None = None
    best_epoch: int = -1
    evaluated: int = 0
    finished: bool = False
    loss: LossTrend = LossTrend()
    fall: MapFall = MapFall()


class CheckpointInfo(BaseModel):
    """What a checkpoint tells of itself; `records[i]` belongs to `steps[i]`.

    `device` is `cpu` or the name of the GPU that trained it; nothing in those from when there was no choice. `ranks` is
    how many processes trained it together.
    """

    model_config = ConfigDict(extra="forbid")

    format: int = 1
    choice: DetectorChoice
    steps: tuple[Step, ...] = ()
    records: tuple[dict[str, Any] | None, ...] = ()
    data_hash: str = ""
    versions: dict[str, str] = {}
    device: str = ""
    ranks: int = 1
    position: Position = Position()

    @model_validator(mode="after")
    def _one_record_for_each_step(self) -> CheckpointInfo:
        if len(self.records) != len(self.steps):
            raise ValueError(f"{len(self.steps)} steps, {len(self.records)} records")
        return self


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
