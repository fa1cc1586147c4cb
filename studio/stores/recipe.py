"""The recipe that is being edited: every change is one step of undo, and saved at once as the working recipe."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand

from engine.contract.project import ProjectFolder, slug
from engine.contract.recipe import Recipe, Step, builtin_recipes, load_recipe
from engine.contract.text.messages import Message, UserError
from studio.i18n import tr
from studio.stores.project import ProjectStore
from studio.workers.background import system_message
from studio.workers.writing import write_whole

_SAVE_AFTER_MS = 300


class RecipeStore(QObject):
    """Steps, parameters, order and name of one recipe; the runs it starts from and learns from."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, project: ProjectStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._folder: ProjectFolder | None = None
        self.undo = project.undo
        self.recipe = Recipe(name="recipe", steps=())
        self._saved = self.recipe
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SAVE_AFTER_MS)
        self._later.timeout.connect(self._autosave)
        project.opened.connect(self._opened)
        project.closed.connect(self._closed)
        project.place_changed.connect(self._place_changed)

    @property
    def base_run(self) -> str | None:
        """Name of the run that the recipe is applied to; None for the last trained one."""
        return self._project.choices.base_run

    @property
    def teacher_run(self) -> str | None:
        """Name of the run that teaches; None for the base."""
        return self._project.choices.teacher_run

    def set_base(self, run: str | None) -> None:
        """Choose the run that the recipe is applied to."""
        if run != self.base_run:
            self._project.choose(base_run=run)
            self.changed.emit()

    def set_teacher(self, run: str | None) -> None:
        """Choose the run that teaches."""
        if run != self.teacher_run:
            self._project.choose(teacher_run=run)
            self.changed.emit()

    def insert(self, technique: str, index: int | None = None, params: dict[str, Any] | None = None) -> None:
        """Add a step before `index`, else at the end."""
        steps = list(self.recipe.steps)
        steps.insert(len(steps) if index is None else index, Step(technique=technique, params=dict(params or {})))
        self._change(steps, tr("studio.core.undo_insert"))

    def remove(self, index: int) -> None:
        """Take a step out."""
        steps = list(self.recipe.steps)
        del steps[index]
        self._change(steps, tr("studio.core.undo_remove"))

    def move(self, index: int, to: int) -> None:
        """Move a step so that it stands at place `to` afterwards."""
        steps = list(self.recipe.steps)
        steps.insert(to, steps.pop(index))
        self._change(steps, tr("studio.core.undo_move"))

    def set_enabled(self, index: int, on: bool) -> None:
        """Switch a step on or off."""
        self._put(index, self.recipe.steps[index].model_copy(update={"enabled": on}), tr("studio.core.undo_switch"))

    def set_param(self, index: int, name: str, value: Any, merge: bool = False) -> None:
        """Set a parameter; None takes it out, so that its default holds.

        `merge` makes it one step of undo with the change before, if that was of the same parameter.
        """
        self._put(index, self._with(index, {name: value}), tr("studio.core.undo_param"), f"{index}.{name}", merge)

    def set_params(self, index: int, values: Mapping[str, Any]) -> None:
        """Set several parameters as one step of undo; None takes one out, so that its default holds."""
        self._put(index, self._with(index, values), tr("studio.core.undo_param"))

    def replace(self, recipe: Recipe) -> None:
        """Edit another recipe; undo brings this one back."""
        self._push(recipe, tr("studio.core.undo_replace"))

    def rename(self, name: str) -> None:
        """Call the recipe `name`."""
        self._push(self.recipe.model_copy(update={"name": name}), tr("studio.core.undo_rename"))

    def save(self) -> Path | None:
        """Write the recipe to the project's `recipes/NAME.json`; None, after `failed`, where that cannot be done."""
        if self._folder is None:
            return None
        path = self._folder.recipes / f"{slug(self.recipe.name) or 'recipe'}.json"
        if not self._write(path):
            return None
        self._saved = self.recipe
        return path

    def path(self) -> Path | None:
        """The file that holds the recipe as it is now; None for one that ships with Espalier."""
        if self._folder is None or self.recipe.steps in [recipe.steps for recipe in _shipped().values()]:
            return None
        saved = self._folder.recipes / f"{slug(self.recipe.name) or 'recipe'}.json"
        return saved if self.recipe == self._saved and saved.is_file() else self._folder.working_recipe

    def saved(self) -> dict[str, Recipe]:
        """The recipes saved in the project, by file name without ending; broken files are left out."""
        found = {}
        for path in sorted(self._folder.recipes.glob("[!.]*.json")) if self._folder else []:
            try:
                found[path.stem] = load_recipe(path)
            except UserError:
                continue
        return found

    def open_file(self, path: str | Path) -> None:
        """Edit the recipe in a file; `failed` tells why it cannot be read."""
        try:
            self.replace(load_recipe(Path(path)))
        except UserError as error:
            self.failed.emit(error.message)

    def _with(self, index: int, values: Mapping[str, Any]) -> Step:
        step = self.recipe.steps[index]
        out = {name for name, value in values.items() if value is None}
        params = {name: value for name, value in {**step.params, **values}.items() if name not in out}
        return step.model_copy(update={"params": params})

    def _put(self, index: int, step: Step, text: str, place: str = "", merge: bool = False) -> None:
        steps = list(self.recipe.steps)
        steps[index] = step
        self._change(steps, text, place, merge)

    def _change(self, steps: list[Step], text: str, place: str = "", merge: bool = False) -> None:
        self._push(self.recipe.model_copy(update={"steps": tuple(steps)}), text, place, merge)

    def _push(self, recipe: Recipe, text: str, place: str = "", merge: bool = False) -> None:
        if recipe != self.recipe:
            self.undo.push(_Change(self, self.recipe, recipe, text, place, merge))

    def show(self, recipe: Recipe) -> None:
        """Make `recipe` the current one, outside of undo; for undo's own commands."""
        self.recipe = recipe
        self._later.start()
        self.changed.emit()

    def _opened(self) -> None:
        self._folder = self._project.folder
        assert self._folder is not None
        if self._project.moving:
            self.show(self.recipe)  # and it is saved where the project is now
            return
        try:
            self.recipe = load_recipe(self._folder.working_recipe)
        except UserError:
            self.recipe = Recipe(name="recipe", steps=())
        self._saved = self.recipe
        self.undo.clear()
        self.changed.emit()

    def _closed(self) -> None:
        if self._later.isActive():
            self._autosave()
        self._folder = None
        if self._project.moving:
            return
        self.undo.clear()
        self.recipe = Recipe(name="recipe", steps=())
        self.changed.emit()

    def _autosave(self) -> None:
        self._later.stop()
        if self._folder is not None:
            self._write(self._folder.working_recipe)

    def _place_changed(self) -> None:
        """What was changed while the folder was away is saved now that it is back."""
        if self._project.here:
            self._later.start()

    def _write(self, path: Path) -> bool:
        if not self._project.presence.look():
            return False
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, self.recipe.model_dump_json(indent=2))
        except OSError as error:
            self.failed.emit(Message(code="studio.core.write", args=system_message(error).args))
            return False
        return True


class _Change(QUndoCommand):
    """From one recipe to another; one that merges becomes one with the change before of the same place."""

    def __init__(self, store: RecipeStore, before: Recipe, after: Recipe, text: str, place: str, merge: bool) -> None:
        super().__init__(text)
        self._store = store
        self._before = before
        self._after = after
        self._place = place
        self._merge = merge

    def redo(self) -> None:
        self._store.show(self._after)

    def undo(self) -> None:
        self._store.show(self._before)

    def id(self) -> int:
        return hash(self._place) % 0x7FFFFFFF if self._place else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, _Change) or not other._merge or other._place != self._place:
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True


@cache
def _shipped() -> dict[str, Recipe]:
    return builtin_recipes()
