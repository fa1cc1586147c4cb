"""The queue in one line and the meters, in the status bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.queue.queue_rows import summary
from studio.studio import Studio
from studio.views.queue.meters import Meters
from studio.widgets.buttons import Button

_WIDE = 1060
"""A window of less has no room for meters beside its switches."""


class QueueButton(Button):
    """How much is at work and waits, in the status bar; a click shows the queue, or hides it again."""

    def __init__(self, studio: Studio, show: Callable[[], object]) -> None:
        super().__init__("studio.queue.sum_none", show, "quiet", "jobs")
        self._studio = studio
        self._short = False
        self.setObjectName("queue_button")
        bind(self.setToolTip, "studio.queue.open_tip")
        studio.queue.changed.connect(self._show)
        on_language(self._show)
        self._show()

    def set_short(self, short: bool) -> None:
        """Say only how much is at work, where there is little room."""
        if short != self._short:
            self._short = short
            self._show()

    def _show(self) -> None:
        text = summary(self._studio.queue.latest, short=True)
        self.setAccessibleName(f"{tr('studio.queue.title')}: {text}")
        self.show_text(text.partition(" · ")[0] if self._short else text)


class WorkLine(QWidget):
    """The queue in one line and the meters, in the status bar; in a narrow window less of it."""

    def __init__(self, studio: Studio, window: QWidget, show: Callable[[], object]) -> None:
        super().__init__()
        self.button, self.meters = QueueButton(studio, show), Meters(studio.meters)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.button)
        row.addWidget(self.meters)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """The window has another width."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            narrow = watched.width() < _WIDE
            self.meters.setVisible(not narrow)
            self.button.set_short(narrow)
        return super().eventFilter(watched, event)
