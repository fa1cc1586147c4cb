"""What can be asked of the window: actions as plain entries, and the registry that menus, keys and buttons read.

What the actions are stands in `window_actions.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from studio.studio import Studio


class Shell(Protocol):
    """The window, as far as actions need it."""

    studio: Studio

    def open_project(self) -> None:
        """Ask for a project and open it."""

    def import_data(self, folder: Path | None = None) -> None:
        """Ask for data and make a project of it."""

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""

    def show_settings(self) -> None:
        """Open the settings."""

    def toggle_inspector(self) -> None:
        """Show or hide the dock on the right."""

    def toggle_jobs(self) -> None:
        """Show or hide the dock below."""

    def show_queue(self) -> None:
        """Bring the queue to the front."""

    def toast(self, code: str, seconds: int = 6) -> None:
        """Say something in passing."""

    def dismiss(self) -> None:
        """Take away what went wrong from above the page."""

    def close(self) -> bool:
        """Close the window."""
        ...


@dataclass(frozen=True)
class Action:
    """One thing to ask for. `title` is a code, `icon` a file of resources/icons, `keys` as Qt writes them.

    It stands in `menu` (the id of a Menu; in none if empty), and a line parts it from those of another `group`.
    It is off while `enabled` says no, and has a tick, set or not, where there is a `checked`.
    """

    id: str
    title: str
    call: Callable[[Shell], object]
    menu: str = ""
    group: int = 0
    keys: str = ""
    icon: str = ""
    enabled: Callable[[Shell], bool] = lambda shell: True
    checked: Callable[[Shell], bool] | None = None


@dataclass(frozen=True)
class MenuLine:
    """One line of a menu that is filled when it opens; off without a `call`."""

    text: str
    call: Callable[[], object] | None = None


@dataclass(frozen=True)
class Menu:
    """A menu of the bar, or one inside another; with `lines` it is filled anew whenever it opens.

    `exclusive`: one of its actions is ticked, and no other.
    """

    id: str
    title: str
    menu: str = ""
    group: int = 0
    exclusive: bool = False
    lines: Callable[[Shell], Sequence[MenuLine]] | None = None


class UnknownAction(LookupError):
    """An id that no action has; it names the closest that there is."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        close = get_close_matches(name, known, 1, cutoff=0.0)
        super().__init__(f"there is no action {name!r}; did you mean {close[0]!r}?" if close else f"no action {name!r}")


class ActionRegistry(QObject):
    """The actions of one window by their id; `changed` when one may have become on, off, ticked or not."""

    changed = Signal()

    def __init__(self, shell: Shell, entries: Sequence[Action | Menu], parent: QObject | None = None) -> None:
        """Raise ValueError where two entries share an id or two actions their keys."""
        super().__init__(parent)
        self._shell = shell
        self.entries = tuple(entries)
        _refuse_twins([entry.id for entry in entries])
        self._actions = {entry.id: entry for entry in entries if isinstance(entry, Action)}
        _refuse_twins([action.keys for action in self._actions.values() if action.keys])
        studio = shell.studio
        stack = studio.recipe.undo
        project = studio.project
        told = (project.opened, project.closed, project.place_changed, studio.settings.changed)
        for signal in (*told, stack.canUndoChanged, stack.canRedoChanged):
            signal.connect(self._tell)

    def __getitem__(self, name: str) -> Action:
        """The action of that id; raises UnknownAction."""
        try:
            return self._actions[name]
        except KeyError:
            raise UnknownAction(name, list(self._actions)) from None

    def is_on(self, name: str) -> bool:
        """Whether it can be done now; raises UnknownAction."""
        return self[name].enabled(self._shell)

    def is_ticked(self, name: str) -> bool:
        """Whether its tick is set; raises UnknownAction."""
        checked = self[name].checked
        return checked is not None and checked(self._shell)

    def run(self, name: str) -> None:
        """Do it, unless it is off; raises UnknownAction."""
        if self.is_on(name):
            self[name].call(self._shell)

    def lines(self, menu: Menu) -> Sequence[MenuLine]:
        """What a menu holds that is filled when it opens."""
        return menu.lines(self._shell) if menu.lines is not None else ()

    def _tell(self, *_: object) -> None:
        self.changed.emit()


def _refuse_twins(names: Sequence[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f"used twice among the actions: {', '.join(twins)}")
