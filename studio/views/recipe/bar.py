"""The head of the Recipe page: the recipe's name and library, where it starts from, who teaches, and the button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.stores.run import Run
from studio.stores.work.time_ahead import TimeAhead
from studio.studio import Studio
from studio.views.recipe.library import RecipeMenu
from studio.views.shared.run_chooser import RunChooser
from studio.views.shared.time_before import TimeBefore
from studio.widgets.controls import put_icon


class RecipeBar(QFrame):
    """Reads and calls the recipe store; `run_asked` when the recipe is to be run."""

    run_asked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = studio.recipe
        self.setObjectName("recipeBar")
        self.name = QLineEdit()
        self.name.setProperty("role", "titleEdit")
        self.name.setMaxLength(60)
        self.library = QPushButton()
        self.library.setMenu(RecipeMenu(studio, self))
        self.save = QPushButton()
        put_icon(self.save, "save")
        self.run = QPushButton()
        self.run.setProperty("role", "primary")
        put_icon(self.run, "play", "accent_text")
        self.ahead = TimeAhead(studio.background, self)
        self.before = TimeBefore(self.ahead, studio.queue)
        self.before.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.reason = QLabel()
        self.reason.setProperty("role", "caption")
        self.reason.setProperty("tone", "warn")
        self.reason.setWordWrap(True)
        self.base = RunChooser()
        self.teacher = RunChooser()
        self._lay_out()
        self._connect()
        self._name_all()
        on_language(self.retranslate)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.name, 1)
        for widget in (self.library, self.save):
            first.addWidget(widget)
        first.addSpacing(16)
        first.addWidget(self.run)
        second = QHBoxLayout()
        second.setSpacing(24)
        second.addWidget(self.base, 2)
        second.addWidget(self.teacher, 2)
        second.addWidget(self.before, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 12)
        column.setSpacing(10)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.reason)

    def _connect(self) -> None:
        store = self._store
        self.name.editingFinished.connect(self._rename)
        self.save.clicked.connect(lambda: store.save())
        self.run.clicked.connect(self.run_asked)
        self.base.chosen.connect(store.set_base)
        self.teacher.chosen.connect(store.set_teacher)

    def show_recipe(self, name: str, editable: bool) -> None:
        """Show the recipe's name; without a project there is nothing to edit."""
        if not self.name.hasFocus() or not self.name.isModified():
            self.name.setText(name)
        for widget in (self.name, self.library, self.save):
            widget.setEnabled(editable)

    def show_runs(self, runs: Sequence[Run], base: str | None, teacher: str | None) -> None:
        """Offer the runs that have weights."""
        none = None if runs else tr("studio.recipe.no_base")
        self.base.show_runs(none, runs, base)
        self.teacher.show_runs(tr("studio.recipe.teacher_base"), runs, teacher)

    def show_reason(self, reason: str) -> None:
        """Say why the recipe cannot be run; nothing when it can."""
        self.run.setEnabled(not reason)
        self.run.setToolTip(reason or tr("studio.recipe.run_tip"))
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def retranslate(self) -> None:
        """Take texts in the current language."""
        self.name.setAccessibleName(tr("studio.recipe.name"))
        self.name.setToolTip(tr("studio.recipe.name"))

    def _name_all(self) -> None:
        bind(self.library.setText, "studio.recipe.library")
        bind(self.library.setToolTip, "studio.recipe.library_tip")
        bind(self.save.setText, "studio.recipe.save")
        bind(self.save.setToolTip, "studio.recipe.save_tip")
        bind(self.run.setText, "studio.recipe.run")
        bind(self.base.label.setText, "studio.recipe.base")
        bind(self.base.combo.setToolTip, "studio.recipe.base_tip")
        bind(self.base.combo.setAccessibleName, "studio.recipe.base")
        bind(self.teacher.label.setText, "studio.recipe.teacher")
        bind(self.teacher.combo.setToolTip, "studio.recipe.teacher_tip")
        bind(self.teacher.combo.setAccessibleName, "studio.recipe.teacher")
        self.retranslate()

    def _rename(self) -> None:
        name = self.name.text().strip()
        self.name.setModified(False)
        if name and name != self._store.recipe.name:
            self._store.rename(name)
        else:
            self.name.setText(self._store.recipe.name)
