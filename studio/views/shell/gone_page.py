"""What stands in place of the pages while the project's folder is not there."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.bound_texts import on_language
from studio.i18n import tr
from studio.stores.presence import Place
from studio.studio import Studio
from studio.widgets.buttons import Button
from studio.widgets.labels import IconLabel, Text, Title

_WIDTH = 620


class GonePage(QWidget):
    """One sentence about the folder and the ways out of it. `find_wanted`: the person knows where it is now."""

    find_wanted = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.title = Title("studio.core.place_title")
        self.path, self.text, self.hint = Text(role="mono"), Text(), Text(role="muted")
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.there = Button("studio.core.place_go_on", self._go_on, "primary", "folder-open")
        self.search = Button("studio.core.place_find", self.find_wanted.emit, icon_name="folder-open")
        self.close_project = Button("studio.core.menu_close", studio.project.close, "quiet")
        middle = QWidget()
        middle.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for label in (self.path, self.text, self.hint):
            label.setWordWrap(True)
        for widget in (self.title, self.path, self.text):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.there, self.search, self.close_project):
            row.addWidget(button)
        row.addStretch(1)
        column.addSpacing(4)
        column.addLayout(row)
        column.addSpacing(4)
        column.addWidget(self.hint)
        self._place(middle)
        studio.project.presence.changed.connect(self._show)
        on_language(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Begin with what can be done now."""
        super().showEvent(event)
        self._show()
        (self.there if self.there.isVisibleTo(self) else self.search).setFocus()

    def _place(self, middle: QWidget) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(32, 32, 32, 32)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addStretch(1)
        row.addWidget(IconLabel("alert", 40, "warn"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(middle, 100)
        row.addStretch(1)
        outer.addStretch(2)
        outer.addLayout(row)
        outer.addStretch(3)

    def _go_on(self) -> None:
        place = self._studio.project.presence.now_at
        if place is not None:
            self._studio.project.move(place)

    def _show(self) -> None:
        project = self._studio.project
        if project.folder is None or project.here:
            return
        now_at = project.presence.now_at
        self.path.show_text(str(project.folder.root))
        if now_at is not None:
            self.text.show_text(tr("studio.core.place_moved", path=str(now_at)))
        else:
            other = project.presence.place is Place.OTHER
            self.text.show_text(tr("studio.core.place_other_text" if other else "studio.core.place_gone_text"))
        self.hint.show_text(tr("studio.core.place_kept"))
        self.there.setVisible(now_at is not None)
