"""The most that a figure may be in the open project: one set of targets, shown wherever such a figure is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.stores.project import ProjectStore
from studio.stores.settings import SettingsStore

BEFORE = "recipe.targets"
"""Under which the settings kept the recipe's targets before each project had its own: where a project begins."""


class TargetsStore(QObject):
    """Limits by the name of a figure, in what a person writes them in: G MACs, MB or ms."""

    changed = Signal()

    def __init__(self, settings: SettingsStore, project: ProjectStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._project = settings, project
        self._told = self.values
        for signal in (settings.changed, project.opened, project.changed, project.closed):
            signal.connect(self._look)

    @property
    def values(self) -> Mapping[str, float]:
        """Every target that there is."""
        choices = self._project.choices
        if choices.targets is not None:
            return choices.targets
        old = {"phone_ms": choices.target_ms} if choices.target_ms else {}
        return {**_numbers(self._settings.value.pages.get(BEFORE)), **old}

    def get(self, name: str) -> float | None:
        """The most that a figure may be; None for no target."""
        return self.values.get(name)

    def set(self, name: str, limit: float) -> None:
        """Set a target, or take it away with 0; it is kept with the project, without one in the settings."""
        others = {key: value for key, value in self.values.items() if key != name}
        targets = {**others, name: limit} if limit > 0 else others
        if self._project.folder is not None:
            self._project.choose(targets=targets, target_ms=None)
        else:
            self._settings.update(pages={**self._settings.value.pages, BEFORE: targets})

    def _look(self) -> None:
        if self.values != self._told:
            self._told = self.values
            self.changed.emit()


def _numbers(kept: Any) -> dict[str, float]:
    """What settings hold may have been written by hand."""
    found = kept.items() if isinstance(kept, dict) else ()
    return {name: value for name, value in found if isinstance(value, int | float) and value > 0}
