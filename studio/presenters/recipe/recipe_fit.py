"""What a recipe says of itself, and whether it and its techniques fit a detector."""

from __future__ import annotations

from engine.contract.catalog import DetectorCard, TechniqueCard
from engine.contract.recipe import Recipe
from studio.i18n import shown_language, tr
from studio.stores.catalog import CatalogStore


def summary_of(recipe: Recipe) -> str:
    """What a recipe says of itself in the current language."""
    return recipe.summary_zh if shown_language() == "zh" and recipe.summary_zh else recipe.summary


def recipe_refusal(recipe: Recipe, detector: str | None, catalog: CatalogStore) -> str:
    """Why a recipe does not fit a detector; empty when it does."""
    card = catalog.detector(detector) if detector is not None else None
    if detector is None or card is None:
        return ""
    if recipe.detectors and detector not in recipe.detectors:
        titles = [found.title if (found := catalog.detector(key)) else key for key in recipe.detectors]
        return tr("studio.recipe.other_detector", detectors=", ".join(titles))
    techniques = [catalog.technique(step.technique) for step in recipe.steps]
    reasons = (step_refusal(technique, card, catalog) for technique in techniques if technique is not None)
    return next(filter(None, reasons), "")


def step_refusal(technique: TechniqueCard, detector: DetectorCard | None, catalog: CatalogStore) -> str:
    """Why a technique does not work on a detector: of another family, or it was tried in vain; empty if it may."""
    if detector is None:
        return ""
    if technique.families is not None and detector.family not in technique.families:
        return tr("studio.recipe.other_family", families=", ".join(technique.families))
    cell = catalog.catalog.matrix.cell(detector.key, technique.key) if catalog.catalog is not None else None
    message = cell.outcome.message if cell is not None and cell.outcome.state != "works" else None
    return message.text(shown_language()) if message is not None else ""
