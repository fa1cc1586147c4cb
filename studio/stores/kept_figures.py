"""Figures of detectors in the user's cache: what was counted once need not be counted at the next start."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.device.wheel import package_versions
from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice
from engine.contract.project import DetectorChoice
from engine.contract.system.files import write_atomically
from engine.contract.system.folders import cache_folder
from engine.contract.text.resources import RESOURCES, ROOT

_COUNTED_BY = ("detector", "graph", "latency", "recipe", "technique")
"""The rooms of the engine that decide what a detector's figures are."""
_TOLD_BY = ("detectors", "latency", "phones")
"""The folders of resources that do."""
_WHEELS = ("paddlepaddle", "paddledet")


class KeptFigures(BaseModel):
    """The content of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    figures: tuple[Figure, ...]


def read_figures(choice: DetectorChoice, phone: PhoneChoice | None) -> tuple[Figure, ...] | None:
    """What was counted of a detector, estimated for a phone if one is named; None where that is not kept."""
    try:
        return KeptFigures.model_validate_json(_file(choice, phone).read_bytes()).figures
    except (OSError, ValidationError):
        return None


def keep_figures(choice: DetectorChoice, phone: PhoneChoice | None, figures: tuple[Figure, ...]) -> None:
    """Keep what was counted; where the disk refuses, it is counted again."""
    file = _file(choice, phone)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, KeptFigures(figures=figures).model_dump_json(), sync=False)
    except OSError:
        return


def _file(choice: DetectorChoice, phone: PhoneChoice | None) -> Path:
    # Neither anchors nor the names of classes change a figure, so that all projects share what was counted.
    said = [choice.key, choice.size, len(choice.classes), phone.model_dump() if phone is not None else None]
    digest = hashlib.sha256(json.dumps([_code(), *said], sort_keys=True).encode()).hexdigest()
    return cache_folder() / "figures" / f"{digest[:32]}.json"


@cache
def _code() -> str:
    """A hash of all that decides the figures: with another Espalier or other wheels nothing kept is used."""
    files = [file for room in _COUNTED_BY for file in sorted((ROOT / "engine" / room).rglob("*.py"))]
    files += [file for folder in _TOLD_BY for file in sorted((RESOURCES / folder).iterdir()) if file.is_file()]
    digest = hashlib.sha256(" ".join(package_versions(_WHEELS).values()).encode())
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()
