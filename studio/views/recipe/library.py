"""The recipes there are: built in, saved in the project, in files; and which of them fit the detector."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from engine.contract.recipe import Recipe
from studio.i18n import tr
from studio.presenters.recipe.recipe_fit import recipe_refusal, summary_of
from studio.studio import Studio


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
            reason = recipe_refusal(recipe, detector, self._studio.catalog)
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
