"""The menu bar, and with it every key of the window."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from studio.bound_texts import bind
from studio.views.shell.actions import Action, ActionRegistry, Menu


class Menus:
    """Fills the menu bar of a window from its registry; `actions` and `menus` by their id."""

    def __init__(self, window: QMainWindow, registry: ActionRegistry) -> None:
        self._window = window
        self._registry = registry
        self.actions: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        self._groups: dict[str, int] = {}
        self._exclusive: dict[str, QActionGroup] = {}
        for entry in registry.entries:
            if isinstance(entry, Menu):
                self._add_menu(entry)
            else:
                self._add_action(entry)
        registry.changed.connect(self._show)
        self._show()

    def _add_menu(self, entry: Menu) -> None:
        around = self._around(entry)
        menu = self.menus[entry.id] = QMenu(around or self._window)
        bind(menu.setTitle, entry.title)
        if around is None:
            self._window.menuBar().addMenu(menu)
        else:
            around.addMenu(menu)
        if entry.exclusive:
            self._exclusive[entry.id] = QActionGroup(menu)
        if entry.lines is not None:
            menu.aboutToShow.connect(lambda: self._fill(menu, entry))

    def _add_action(self, entry: Action) -> None:
        action = self.actions[entry.id] = QAction(self._window)
        bind(action.setText, entry.title)
        if entry.keys:
            action.setShortcut(QKeySequence(entry.keys))
        action.setCheckable(entry.checked is not None)
        action.triggered.connect(lambda: self._registry.run(entry.id))
        # Without a menu around it, the window itself must know it, or its keys are never heard.
        (self._around(entry) or self._window).addAction(action)
        if entry.menu in self._exclusive:
            self._exclusive[entry.menu].addAction(action)

    def _around(self, entry: Action | Menu) -> QMenu | None:
        """The menu that an entry goes into, with a line before it where a new group begins."""
        if not entry.menu:
            return None
        menu = self.menus[entry.menu]
        if self._groups.setdefault(entry.menu, entry.group) != entry.group:
            menu.addSeparator()
            self._groups[entry.menu] = entry.group
        return menu

    def _fill(self, menu: QMenu, entry: Menu) -> None:
        menu.clear()
        for line in self._registry.lines(entry):
            action = menu.addAction(line.text)
            action.setEnabled(line.call is not None)
            action.triggered.connect(lambda _=False, line=line: line.call and line.call())

    def _show(self) -> None:
        for name, action in self.actions.items():
            action.setEnabled(self._registry.is_on(name))
            if action.isCheckable():
                action.setChecked(self._registry.is_ticked(name))
