"""The settings of the window: language, theme, how much is shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.studio import Studio
from studio.widgets.buttons import Button
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Elided, Muted, Text
from studio.widgets.on_screen import OnScreenDialog

LANGUAGES = ((None, "studio.core.as_system"), ("en", "studio.core.language_en"), ("zh", "studio.core.language_zh"))
THEMES = (
    ("system", "studio.core.as_system"),
    ("light", "studio.core.theme_light"),
    ("dark", "studio.core.theme_dark"),
)
QUITTING = (
    ("ask", "studio.queue.setting_ask"),
    ("keep", "studio.queue.quit_keep"),
    ("stop", "studio.queue.quit_stop"),
)


class SettingsDialog(OnScreenDialog):
    """Every choice takes effect at once."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(440)
        bind(self.setWindowTitle, "studio.core.settings")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        settings = studio.settings.value
        self.language = self._choice(LANGUAGES, settings.language, "language")
        self.theme = self._choice(THEMES, settings.theme, "theme")
        self.expert = QCheckBox()
        bind(self.expert.setText, "studio.core.expert_text")
        self.expert.setChecked(settings.expert)
        self.expert.toggled.connect(lambda on: studio.settings.update(expert=on))
        form.addRow(Text("studio.core.language"), self.language)
        form.addRow(Text("studio.core.theme"), self.theme)
        form.addRow(Text("studio.core.level"), self.expert)
        self.quitting = self._choice(QUITTING, settings.quit_with_work, "quit_with_work")
        self.notify = QCheckBox()
        bind(self.notify.setText, "studio.queue.setting_notify_text")
        self.notify.setChecked(settings.notify)
        self.notify.toggled.connect(lambda on: studio.settings.update(notify=on))
        form.addRow(Text("studio.queue.setting_quit"), self.quitting)
        form.addRow(Text("studio.queue.setting_notify"), self.notify)
        column.addLayout(form)
        column.addWidget(Muted("studio.core.settings_kept"))
        column.addWidget(Elided(str(studio.settings.path), role="mono"))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(Button("studio.core.close", self.accept, "primary"))
        column.addLayout(row)

    def _choice(self, options: tuple[tuple[Any, str], ...], value: Any, name: str) -> QuietCombo:
        box = QuietCombo()
        for key, _ in options:
            box.addItem("", key)

        def fill() -> None:
            for place, (_, code) in enumerate(options):
                box.setItemText(place, tr(code))

        fill()
        on_language(fill)
        box.setCurrentIndex([key for key, _ in options].index(value))
        box.currentIndexChanged.connect(lambda place: self._studio.settings.update(**{name: options[place][0]}))
        return box
