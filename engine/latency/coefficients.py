"""The fitted coefficients (`resources/latency/coefficients.json`), which say of what they were fitted."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.contract.text.resources import RESOURCES
from engine.latency.effects import Setting

FILE = RESOURCES / "latency" / "coefficients.json"


class Coefficients(BaseModel):
    """`effects` by name (see `effects`); `spread` is, by precision, the factor that nine in ten times of detectors
    stay within, estimated without any figure of the same detector; `seen` how many figures there were by
    SOC/THREADS/PRECISION; `provenance` the data, the date and the command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    effects: dict[str, float]
    spread: dict[str, float]
    seen: dict[str, int]
    provenance: dict[str, Any]

    def count(self, setting: Setting) -> int:
        """How many published figures were of that setting in any era."""
        return self.seen.get(f"{setting.soc}/{setting.threads}/{setting.precision}", 0)

    def knows(self, soc: str) -> bool:
        """Whether there was any figure of that chip."""
        return any(name.split("/")[0] == soc for name in self.seen)


@cache
def coefficients(file: Path = FILE) -> Coefficients:
    """The coefficients that are shipped."""
    return Coefficients.model_validate_json(file.read_text(encoding="utf-8"))
