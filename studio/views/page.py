"""What every page of the window is: its state for the rail, and what it does when it is shown."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.presenters.page_state import PageState
from studio.studio import Studio


class Page(QWidget):
    """One stage of the work. It is built when first shown, or ahead of that, and lives as long as the window.

    A subclass sets `key`, calls `super().__init__(studio)`, and tells its state by `set_state`.
    """

    key: ClassVar[str] = ""
    state_changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self._state = PageState.EMPTY

    @property
    def state(self) -> PageState:
        """What the rail shows."""
        return self._state

    def set_state(self, state: PageState) -> None:
        """Change the dot in the rail."""
        if state is not self._state:
            self._state = state
            self.state_changed.emit()

    @property
    def settled(self) -> bool:
        """Whether it shows all that it asked the engine for by itself."""
        return True

    def prepare(self) -> None:
        """Make the heavy parts, if they are not there: ahead, or when the page first comes to the front."""

    def activated(self) -> None:
        """The page came to the front."""

    def inspector(self) -> QWidget | None:
        """What the dock on the right shows while this page is in front; the same widget every time, or None."""
        return None
