"""What there is to choose from: cards of detectors, techniques and built-in recipes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.contract.matrix import Matrix
from engine.contract.published import PublishedEffect, PublishedFigure
from engine.contract.recipe import Recipe


class DetectorCard(BaseModel):
    """A base detector: its input sizes in pixels and what was published of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str
    summary: dict[str, str]
    family: str
    sizes: dict[str, int]
    published: tuple[PublishedFigure, ...]


class TechniqueCard(BaseModel):
    """A technique; the studio draws its form from `parameters`, a JSON schema."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: dict[str, str]
    summary: dict[str, str]
    phase: str
    trains: bool
    families: tuple[str, ...] | None
    parameters: dict[str, Any]
    published: tuple[PublishedEffect, ...]


class Catalog(BaseModel):
    """Everything that `espalier describe` tells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    detectors: tuple[DetectorCard, ...]
    techniques: tuple[TechniqueCard, ...]
    recipes: dict[str, Recipe]
    matrix: Matrix = Matrix()
