"""The val pictures that a training looks at again after each evaluation, and what it found: `watched/000120.json`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

KIND = "watched"
"""The kind of the artifact that announces such a file."""
FLOOR = 0.05
"""Boxes below this score are not kept."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WatchedBox(_Kept):
    """A box that was found: `label` by name, `score` from 0 to 1, `box` as edges in pixels of the picture."""

    label: str
    score: float
    box: tuple[float, float, float, float]


class WatchedPicture(_Kept):
    """A picture of the data set by its digest, where it lay, and the boxes on it, the surest first."""

    digest: str
    path: str
    boxes: tuple[WatchedBox, ...] = ()


class Watched(_Kept):
    """What the weights after `epoch` epochs (0: before training) and `step` optimiser steps find."""

    format: int = 1
    epoch: int
    step: int
    pictures: tuple[WatchedPicture, ...]


def watched_file(run: Path, step: int) -> Path:
    """Where a run keeps what it found at a step."""
    return run / KIND / f"{step:06}.json"


def read_watched(file: Path) -> Watched | None:
    """What such a file says; None where it is gone or cannot be read."""
    try:
        return Watched.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
