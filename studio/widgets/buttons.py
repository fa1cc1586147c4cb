"""Buttons whose words and icons follow the language and the theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from engine.contract.text.messages import Argument
from studio.bound_texts import bind, unbind
from studio.theme import icon, palette, theme


class IconButton(QToolButton):
    """A button with an icon only; its sentence is its tooltip and what a screen reader says."""

    def __init__(self, name: str, code: str, callback: Callable[[], object] | None = None, **args: Argument) -> None:
        super().__init__()
        self._name = name
        self.setIconSize(QSize(18, 18))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.say(code, **args)
        if callback is not None:
            self.clicked.connect(lambda: callback())
        theme.changed.connect(self._draw)
        self._draw()

    def say(self, code: str, **args: Argument) -> None:
        """Another tooltip and accessible name: what a disabled button needs, for example."""
        bind(self.setToolTip, code, **args)
        bind(self.setAccessibleName, code, **args)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self._name = name
        self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._name))


class Button(QPushButton):
    """A button with a sentence; `role` primary, quiet, danger, link or "" for a plain one; an icon if it has a name."""

    def __init__(
        self, code: str, callback: Callable[[], object] | None = None, role: str = "", icon_name: str = ""
    ) -> None:
        super().__init__()
        self._icon_name = icon_name
        if role:
            self.setProperty("role", role)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        bind(self.show_text, code)
        if callback is not None:
            self.clicked.connect(lambda: callback())
        if icon_name:
            theme.changed.connect(self._draw)
            self._draw()

    def show_text(self, text: str) -> None:
        """Show a text, a little away from the icon."""
        self.setText(f" {text}" if self._icon_name else text)

    def set_icon(self, name: str) -> None:
        """Show another icon; for a button that was made with one."""
        self._icon_name = name
        self._draw()

    def why_not(self, code: str | None, **args: Argument) -> None:
        """Disable it and say why in its tooltip, or enable it (None)."""
        self.setEnabled(code is None)
        if code is None:
            unbind(self.setToolTip)
            self.setToolTip("")
        else:
            bind(self.setToolTip, code, **args)

    def _draw(self) -> None:
        colours = palette()
        named = {"primary": colours.accent_text, "danger": colours.bad, "link": colours.info}
        self.setIcon(icon(self._icon_name, named.get(str(self.property("role")))))
