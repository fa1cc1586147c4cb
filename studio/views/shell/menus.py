"""The menu bar, and with it every key of the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

from studio.i18n import bind, tr
from studio.views.shell.rail import NAMES
from studio.views.shell.settings_dialog import LANGUAGES, THEMES, SettingsDialog

if TYPE_CHECKING:
    from studio.views.shell.main_window import MainWindow


class Menus:
    """Fills the menu bar of a window; `actions` by their name."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._studio = window.studio
        self.actions: dict[str, QAction] = {}
        self._file()
        self._edit()
        self._view()
        escape = QShortcut(QKeySequence("Escape"), window)
        escape.activated.connect(window.banner.clear)
        for signal in (self._studio.project.opened, self._studio.project.closed):
            signal.connect(self._project_changed)
        self._studio.settings.changed.connect(self._settings_changed)
        self._project_changed()
        self._settings_changed()

    def _menu(self, code: str) -> QMenu:
        menu = QMenu(self._window)
        bind(menu.setTitle, code)
        self._window.menuBar().addMenu(menu)
        return menu

    def _add(self, menu: QMenu, name: str, code: str, act: Callable[[], object], keys: str = "") -> QAction:
        action = QAction(self._window)
        bind(action.setText, code)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda: act())
        menu.addAction(action)
        self.actions[name] = action
        return action

    def _file(self) -> None:
        window, studio = self._window, self._studio
        menu = self._menu("studio.core.menu_file")
        self._add(menu, "open", "studio.core.menu_open", window.open_project, "Ctrl+O")
        self._add(menu, "import", "studio.core.menu_import", window.import_data, "Ctrl+N")
        self.recent = QMenu(menu)
        bind(self.recent.setTitle, "studio.core.recent")
        self.recent.aboutToShow.connect(self._fill_recent)
        menu.addMenu(self.recent)
        menu.addSeparator()
        self._add(menu, "save", "studio.core.menu_save", self._save, "Ctrl+S")
        self._add(menu, "close", "studio.core.menu_close", studio.project.close, "Ctrl+W")
        menu.addSeparator()
        self._add(menu, "settings", "studio.core.menu_settings", self.show_settings, "Ctrl+0")
        self._add(menu, "quit", "studio.core.menu_quit", window.close, "Ctrl+Q")

    def _edit(self) -> None:
        menu, stack = self._menu("studio.core.menu_edit"), self._studio.recipe.undo
        undo = self._add(menu, "undo", "studio.core.undo", stack.undo, "Ctrl+Z")
        redo = self._add(menu, "redo", "studio.core.redo", stack.redo, "Ctrl+Shift+Z")
        for action, told, now in (
            (undo, stack.canUndoChanged, stack.canUndo()),
            (redo, stack.canRedoChanged, stack.canRedo()),
        ):
            told.connect(action.setEnabled)
            action.setEnabled(now)
        menu.addSeparator()
        self.trash = QMenu(menu)
        bind(self.trash.setTitle, "studio.core.menu_trash")
        self.trash.aboutToShow.connect(self._fill_trash)
        menu.addMenu(self.trash)

    def _view(self) -> None:
        window = self._window
        menu = self._menu("studio.core.menu_view")
        for number, key in enumerate(window.rail.buttons, start=1):
            self._add(menu, key, NAMES[key], partial(window.show_page, key), f"Ctrl+{number}")
        menu.addSeparator()
        self._add(menu, "inspector", "studio.core.show_inspector", window.toggle_inspector, "Ctrl+I")
        self._add(menu, "jobs", "studio.core.show_jobs", window.toggle_jobs, "Ctrl+J")
        self._add(menu, "refresh", "studio.core.menu_refresh", self.refresh, "F5")
        menu.addSeparator()
        self._choices(menu, "theme", "studio.core.theme", THEMES)
        self._choices(menu, "language", "studio.core.language", LANGUAGES)
        expert = self._add(menu, "expert", "studio.core.expert_text", lambda: None)
        expert.setCheckable(True)
        expert.toggled.connect(lambda on: self._studio.settings.update(expert=on))

    def _choices(self, menu: QMenu, name: str, code: str, options: tuple[tuple[object, str], ...]) -> None:
        below = QMenu(menu)
        bind(below.setTitle, code)
        menu.addMenu(below)
        group = QActionGroup(below)
        for key, option in options:
            action = self._add(below, f"{name}_{key}", option, partial(self._studio.settings.update, **{name: key}))
            action.setCheckable(True)
            group.addAction(action)

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self._studio, self._window).open()

    def refresh(self) -> None:
        """Look at the runs again, and ask for figures again."""
        self._studio.runs.scan()
        self._studio.previews.refresh()
        self._studio.catalog.load()

    def _save(self) -> None:
        if self._studio.recipe.save() is not None:
            self._window.toast("studio.core.saved")

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in self._studio.settings.value.recent:
            action = self.recent.addAction(f"{Path(path).name}   {path}")
            action.setEnabled(self._studio.project.is_project(path))
            action.triggered.connect(lambda _=False, path=path: self._studio.project.open(path))
        if self.recent.isEmpty():
            self.recent.addAction(tr("studio.core.no_recent")).setEnabled(False)

    def _fill_trash(self) -> None:
        self.trash.clear()
        for name in self._studio.runs.in_trash():
            action = self.trash.addAction(tr("studio.core.restore", run=name))
            action.triggered.connect(lambda _=False, name=name: self._studio.runs.restore(name))
        if self.trash.isEmpty():
            self.trash.addAction(tr("studio.core.trash_empty")).setEnabled(False)

    def _project_changed(self) -> None:
        has = self._studio.project.folder is not None
        for name in ("save", "close", "refresh", "inspector", "jobs", *self._window.rail.buttons):
            self.actions[name].setEnabled(has)

    def _settings_changed(self) -> None:
        settings = self._studio.settings.value
        self.actions[f"theme_{settings.theme}"].setChecked(True)
        self.actions[f"language_{settings.language}"].setChecked(True)
        self.actions["expert"].setChecked(settings.expert)
