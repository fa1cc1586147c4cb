"""One sentence on how a fit stands or ended, in a coloured field."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from studio.presenters.fit.front_words import Standing
from studio.theme import restyle
from studio.widgets.buttons import Button
from studio.widgets.labels import IconLabel

_ICONS = {"good": "check", "warn": "alert", "bad": "alert", "info": "clock"}
_COLOURS = {"good": "accent"}


class StandingLine(QFrame):
    """Hidden without a sentence; `resume` is a button that only tells."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "banner")
        self.icon = IconLabel("clock", 18, "info")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.resume = Button("studio.fit.resume", None, "primary", "play")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)
        row.addWidget(self.resume, 0, Qt.AlignmentFlag.AlignTop)
        self.tell(None, resumable=False)

    def tell(self, standing: Standing | None, *, resumable: bool) -> None:
        """Show a sentence; `resumable` offers to go on."""
        self.setVisible(standing is not None)
        self.resume.setVisible(resumable)
        if standing is not None:
            restyle(self, tone=standing.tone)
            self.icon.set_icon(_ICONS[standing.tone], _COLOURS.get(standing.tone, standing.tone))
            self.text.setText(standing.text)
