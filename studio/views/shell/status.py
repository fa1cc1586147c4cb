"""The switches in the status bar: Simple or Expert, language, theme."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from studio.bound_texts import bind
from studio.i18n import shown_language
from studio.studio import Studio
from studio.theme import theme
from studio.widgets.buttons import IconButton


class StatusSwitches(QWidget):
    """Every switch changes the settings; the window follows the settings."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 8, 2)
        row.setSpacing(8)
        frame = QFrame()
        frame.setProperty("role", "segments")
        inner = QHBoxLayout(frame)
        inner.setContentsMargins(2, 2, 2, 2)
        inner.setSpacing(2)
        self.simple = self._segment("studio.core.simple", "studio.core.simple_tip", False)
        self.expert = self._segment("studio.core.expert", "studio.core.expert_tip", True)
        group = QButtonGroup(self)
        for button in (self.simple, self.expert):
            group.addButton(button)
            inner.addWidget(button)
        self.language = IconButton("language", "studio.core.other_language", self._other_language)
        self.theme = IconButton("moon", "studio.core.other_theme", self._other_theme)
        for widget in (frame, self.language, self.theme):
            row.addWidget(widget)
        studio.settings.changed.connect(self._show)
        theme.changed.connect(self._show)
        self._show()

    def _segment(self, code: str, tip: str, expert: bool) -> QPushButton:
        button = QPushButton()
        button.setProperty("role", "segment")
        button.setCheckable(True)
        bind(button.setText, code)
        bind(button.setToolTip, tip)
        button.clicked.connect(lambda: self._studio.settings.update(expert=expert))
        return button

    def _other_language(self) -> None:
        self._studio.settings.update(language="en" if shown_language() == "zh" else "zh")

    def _other_theme(self) -> None:
        self._studio.settings.update(theme="light" if theme.dark else "dark")

    def _show(self) -> None:
        expert = self._studio.settings.value.expert
        (self.expert if expert else self.simple).setChecked(True)
        self.theme.set_icon("sun" if theme.dark else "moon")
