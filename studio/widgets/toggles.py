"""Choices side by side of which several may be taken."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton


class Toggles(QFrame):
    """Choices side by side of which several may be taken; `changed` after a click."""

    changed = Signal()

    def __init__(self, names: tuple[str, ...], on: list[str]) -> None:
        super().__init__()
        self.setProperty("role", "segments")
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self.buttons: dict[str, QPushButton] = {}
        for name in names:
            button = self.buttons[name] = QPushButton(name)
            button.setCheckable(True)
            button.setChecked(name in on)
            button.setProperty("role", "segment")
            button.clicked.connect(lambda: self.changed.emit())
            row.addWidget(button, 1)

    def taken(self) -> tuple[str, ...]:
        """The names that are taken and possible."""
        return tuple(name for name, button in self.buttons.items() if button.isChecked() and button.isEnabled())

    def checked(self) -> list[str]:
        """The names that are taken, whether possible now or not."""
        return [name for name, button in self.buttons.items() if button.isChecked()]

    def allow(self, name: str, reason: str | None) -> None:
        """Switch one on, or off with a reason."""
        self.buttons[name].setEnabled(reason is None)
        self.buttons[name].setToolTip(reason or "")
