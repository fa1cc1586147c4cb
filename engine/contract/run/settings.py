"""How a run trains, and how a person says so."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from engine.contract.device.choice import AUTO, DeviceName
from engine.contract.parameters import parameter
from engine.contract.run.ranks import MOST_RANKS, NodeAddress, listed
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import reason_of


class TrainSettings(BaseModel):
    """How long and how hard to train; `threads` per process, `learning_rate` at the top of the schedule.

    `device` is where; `amp` mixes precisions, on a GPU alone. `readers` are processes that make batches; 0 is a
    thread, and on a GPU, which outruns it, as many as there are cores for. `ranks` processes of each of the `nodes`, or
    of this machine if there are none, compute each step together: `batch_size` and `learning_rate` are of all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = parameter("settings.epochs", 20, ge=0, le=10000, simple=True)
    batch_size: int = parameter("settings.batch_size", 8, ge=1, le=512, simple=True)
    learning_rate: float = parameter("settings.learning_rate", 1e-3, gt=0, le=10, simple=True)
    optimizer: Literal["adam", "momentum"] = parameter("settings.optimizer", "adam")
    weight_decay: float = parameter("settings.weight_decay", 5e-4, ge=0, le=1)
    seed: int = parameter("settings.seed", 0, ge=0)
    evaluate_every: int = parameter("settings.evaluate_every", 1, ge=0, simple=True)
    stop_after: int = parameter("settings.stop_after", 0, ge=0)
    checkpoint_every: int = parameter("settings.checkpoint_every", 200, ge=1)
    threads: int = parameter("settings.threads", 0, ge=0)
    readers: int = parameter("settings.readers", 0, ge=0, le=64)
    augment: Literal["none", "light", "full"] = parameter("settings.augment", "light", simple=True)
    ema: float = parameter("settings.ema", 0.0, ge=0, lt=1)
    device: DeviceName = parameter("settings.device", AUTO)
    amp: bool = parameter("settings.amp", False)
    ranks: int = parameter("settings.ranks", 1, ge=1, le=MOST_RANKS)
    nodes: Annotated[tuple[NodeAddress, ...], BeforeValidator(listed)] = parameter("settings.nodes", ())


def read_settings(pairs: Sequence[str], given: Mapping[str, Any]) -> TrainSettings:
    """Settings from `key=value` words over those that are given; raises UserError that names the key and its bounds."""
    values = dict(given)
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or key not in TrainSettings.model_fields:
            near = difflib.get_close_matches(key, TrainSettings.model_fields, n=1)
            raise UserError("train.setting_unknown", given=pair, known=", ".join(near or TrainSettings.model_fields))
        values[key] = value
    try:
        return TrainSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key, value = str(first["loc"][0]), str(first["input"])
        raise UserError("train.setting", key=key, given=value, reason=reason_of(first)) from error
