"""What stands on the Recipe page while there is no step: add one, or take a built-in recipe."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.bound_texts import bind
from studio.i18n import tr
from studio.presenters.recipe.recipe_fit import recipe_refusal, summary_of
from studio.studio import Studio
from studio.views.recipe.step_gallery import CardButton
from studio.widgets.controls import put_icon

_WIDTH = 560


class RecipeStart(QWidget):
    """A sentence, the next action, and the built-in recipes as cards."""

    add_asked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.buttons: dict[str, CardButton] = {}
        title = QLabel()
        title.setProperty("role", "title")
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        bind(title.setText, "studio.recipe.empty")
        lead = QLabel()
        lead.setProperty("role", "muted")
        lead.setWordWrap(True)
        lead.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        bind(lead.setText, "studio.recipe.empty_lead")
        self.add = QPushButton()
        put_icon(self.add, "plus", "accent_text")
        self.add.setProperty("role", "primary")
        bind(self.add.setText, "studio.recipe.add_step")
        self.add.clicked.connect(self.add_asked)
        self._or = QLabel()
        self._or.setProperty("role", "heading")
        bind(self._or.setText, "studio.recipe.built_in")
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        self._column = QVBoxLayout(inner)
        self._column.setSpacing(12)
        self._column.addWidget(title)
        self._column.addWidget(lead)
        self._column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addSpacing(16)
        self._column.addWidget(self._or)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 24, 0, 24)
        outer.addStretch(1)
        outer.addWidget(inner, 1000)
        outer.addStretch(1)

    def fill(self) -> None:
        """Show the built-in recipes, and why one does not fit the detector."""
        catalog, project = self._studio.catalog, self._studio.project.project
        recipes = catalog.catalog.recipes if catalog.catalog is not None else {}
        self._or.setVisible(bool(recipes))
        for key, recipe in recipes.items():
            if key not in self.buttons:
                self._add_button(key)
            reason = recipe_refusal(recipe, project.detector.key if project is not None else None, catalog)
            steps = tr("studio.recipe.step_count", count=len(recipe.steps))
            self.buttons[key].show_texts(recipe.name, summary_of(recipe), reason or steps, bool(reason))

    def _add_button(self, key: str) -> None:
        button = CardButton()
        button.clicked.connect(lambda: self._take(key))
        self.buttons[key] = button
        self._column.addWidget(button)

    def _take(self, key: str) -> None:
        catalog = self._studio.catalog.catalog
        if catalog is not None:
            self._studio.recipe.replace(catalog.recipes[key])
