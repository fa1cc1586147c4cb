"""What a run was made by."""

from __future__ import annotations

from pathlib import Path

from engine.contract.project import DetectorChoice
from engine.contract.run.folder import checkpoint_of
from engine.detector.base.header import read_info
from engine.recipe.registry import make
from engine.technique.base import Technique


def made_by(run: Path) -> tuple[DetectorChoice, list[Technique]]:
    """The detector of a run, and the techniques that made it; raises UserError for a run without weights."""
    info = read_info(checkpoint_of(run))
    return info.choice, [make(step) for step in info.steps]
