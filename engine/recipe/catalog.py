"""Draws up the catalogue from the detector files, the technique files and the recipe files; needs no Paddle."""

from __future__ import annotations

from typing import Any

from engine.contract.catalog import Catalog, DetectorCard, TechniqueCard
from engine.contract.matrix import tried
from engine.contract.recipe import builtin_recipes
from engine.contract.text.messages import Message
from engine.detector.base.spec import DetectorSpec, detector_specs
from engine.recipe.plan import ACTING
from engine.recipe.registry import techniques
from engine.technique.base import Technique

FAMILIES = ("ssd", "picodet", "yolov3", "rcnn")


def catalog() -> Catalog:
    """Every card."""
    detectors = tuple(
        DetectorCard(
            key=spec.key,
            title=spec.title,
            summary=spec.summary,
            family=spec.family,
            sizes=spec.sizes.model_dump(),
            published=spec.published,
        )
        for spec in sorted(detector_specs().values(), key=_place)
    )
    cards = tuple(technique_card(technique) for technique in techniques().values())
    return Catalog(detectors=detectors, techniques=cards, recipes=builtin_recipes(), matrix=tried())


def _place(spec: DetectorSpec) -> tuple[int, float, str]:
    """By family, from the lightest to the heaviest; within one the fastest as published first."""
    family = FAMILIES.index(spec.family) if spec.family in FAMILIES else len(FAMILIES)
    times = [figure.value for figure in spec.published if figure.name == "phone_ms"]
    return family, min(times, default=float("inf")), spec.key


def technique_card(technique: type[Technique]) -> TechniqueCard:
    """The card of one technique."""
    return TechniqueCard(
        key=technique.key,
        title=Message(code=f"technique.{technique.key}.title").texts(),
        summary=Message(code=f"technique.{technique.key}.summary").texts(),
        phase=technique.phase.name.lower(),
        trains=technique.trains,
        families=technique.families,
        parameters=_parameters(technique),
        published=technique.published,
    )


def _parameters(technique: type[Technique]) -> dict[str, Any]:
    """The schema; what only acts in the training of other steps leaves its length to those, unless one asks for all."""
    schema = technique.Params.model_json_schema()
    if technique.phase in ACTING:
        for name in ("recovery", "epochs"):
            schema["properties"].get(name, {}).pop("x-level", None)
    return schema
