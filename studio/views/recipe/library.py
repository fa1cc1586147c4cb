"""The recipes there are: built in, saved in the project, in files; and which of them fit the detector."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from engine.contract.catalog import DetectorCard, TechniqueCard
from engine.contract.recipe import Recipe
from studio.i18n import tr, translator
from studio.stores.catalog import CatalogStore
from studio.studio import Studio


def summary_of(recipe: Recipe) -> str:
    """What a recipe says of itself in the current language."""
    return recipe.summary_zh if translator.language == "zh" and recipe.summary_zh else recipe.summary


def refusal(recipe: Recipe, detector: str | None, catalog: CatalogStore) -> str:
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
    return message.text(translator.language) if message is not None else ""


class RecipeMenu(QMenu):
    """Built-in recipes, the project's own, files, and a new one; what does not fit says why."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List what there is now."""
        self.clear()
        catalog = self._studio.catalog.catalog
        self._heading(tr("studio.recipe.built_in"))
        self._list(catalog.recipes.items() if catalog is not None else (), tr("studio.recipe.none_there"))
        self._heading(tr("studio.recipe.own"))
        self._list(self._studio.recipe.saved().items(), tr("studio.recipe.none_saved"))
        self.addSeparator()
        self._action(tr("studio.recipe.open_file")).triggered.connect(self._open)
        self._action(tr("studio.recipe.new")).triggered.connect(self._new)

    def _heading(self, text: str) -> None:
        self.addSeparator()
        action = self._action(text)
        font = action.font()
        font.setBold(True)
        action.setFont(font)
        action.setEnabled(False)

    def _list(self, recipes: Iterable[tuple[str, Recipe]], nothing: str) -> None:
        store, project = self._studio.recipe, self._studio.project.project
        detector = project.detector.key if project is not None else None
        empty = True
        for key, recipe in recipes:
            empty = False
            reason = refusal(recipe, detector, self._studio.catalog)
            action = self._action(f"    {recipe.name or key}")
            action.setToolTip(reason or summary_of(recipe))
            action.setEnabled(not reason)
            action.triggered.connect(lambda _=False, recipe=recipe: store.replace(recipe))
        if empty:
            self._action(f"    {nothing}").setEnabled(False)

    def _action(self, text: str) -> QAction:
        action = QAction(text.replace("&", "&&"), self)
        self.addAction(action)
        return action

    def _new(self) -> None:
        self._studio.recipe.replace(Recipe(name=tr("studio.recipe.new_name"), steps=()))

    def _open(self) -> None:
        kinds = f"{tr('studio.recipe.file_kind')} (*.json)"
        dialog = QFileDialog(self.parentWidget(), tr("studio.recipe.open_file"), "", kinds)
        dialog.fileSelected.connect(self._studio.recipe.open_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
