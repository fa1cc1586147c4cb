"""Where the data comes from: a folder that is chosen, typed or dropped, or the built-in sample."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.contract.run.job import SAMPLE
from studio.bound_texts import bind
from studio.theme import icon, palette, theme
from studio.widgets.folder_dialog import ask_folder


def dropped_path(event: QDropEvent) -> Path | None:
    """The one file or folder that is being dropped; None if it is none or several."""
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None


class SourceField(QFrame):
    """A zone to drop a folder on, with the path as text; `changed` whenever the path did."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self.setAcceptDrops(True)
        self.picture, self.hint = QLabel(self), QLabel(self)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.path = QLineEdit(self)
        self.path.setClearButtonEnabled(True)
        self.choose, self.sample = QPushButton(self), QPushButton(self)
        for button in (self.choose, self.sample):
            button.setAutoDefault(False)
        self._lay_out()
        bind(self.hint.setText, "studio.data.drop_hint")
        bind(self.path.setPlaceholderText, "studio.data.source_placeholder")
        bind(self.path.setAccessibleName, "studio.data.source")
        bind(self.choose.setText, "studio.data.choose_folder")
        bind(self.sample.setText, "studio.data.use_sample")
        bind(self.sample.setToolTip, "studio.data.use_sample_tip")
        self.path.textChanged.connect(self.changed)
        self.choose.clicked.connect(self._ask)
        self.sample.clicked.connect(lambda: self.set_source(SAMPLE))
        theme.changed.connect(self._icons)
        self._icons()

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self.picture)
        first.addWidget(self.hint, 1)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.path, 1)
        second.addWidget(self.choose)
        second.addWidget(self.sample)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(first)
        column.addLayout(second)

    def source(self) -> str:
        """The path as it was given, or the word for the sample; empty if none was."""
        return self.path.text().strip()

    def set_source(self, path: str) -> None:
        """Show another source."""
        self.path.setText(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take a folder."""
        if dropped_path(event) is not None:
            event.acceptProposedAction()
            self._hover(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        """It went elsewhere."""
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """The folder is the source."""
        self._hover(False)
        path = dropped_path(event)
        if path is not None:
            self.set_source(str(path))
            event.acceptProposedAction()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """A dashed frame; in the accent while something is held over it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = palette()
        pen = QPen(QColor(colours.accent if self._over else colours.border), 1.5, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)

    def _hover(self, over: bool) -> None:
        self._over = over
        self.update()

    def _ask(self) -> None:
        ask_folder(self, "studio.data.choose_folder", self.set_source)

    def _icons(self) -> None:
        self.picture.setPixmap(icon("folder", palette().accent).pixmap(28, 28))
