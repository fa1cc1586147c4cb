"""The large preview: one picture of the filter after the other, with the keys A and D."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.dataset import Picture
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.views.data.viewer import PictureCanvas
from studio.views.pictures.thumbnails import PictureModel, part_name
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Text

_NEXT = ("D", "Right", "Down", "PgDown")
_BEFORE = ("A", "Left", "Up", "PgUp")


class PicturePreview(QWidget):
    """Shows a row of the model large; `closed` when the person goes back, `shown` with each picture."""

    closed = Signal()
    shown = Signal(object)

    def __init__(self, pictures: PictureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self.row = -1
        self.canvas = PictureCanvas(self)
        self.name, self.place = Text(role="heading"), Text(role="muted")
        self.back = Button("studio.data.back", self.closed.emit, "quiet", "chevron-left")
        self.before = IconButton("chevron-left", "studio.data.before_tip", lambda: self.step(-1))
        self.next = IconButton("chevron-right", "studio.data.next_tip", lambda: self.step(1))
        self.labels = QCheckBox(self)
        self.labels.setChecked(True)
        self.labels.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()
        self._connect()
        on_language(self._tell)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 0, 0, 8)
        bar.setSpacing(8)
        bar.addWidget(self.back)
        bar.addSpacing(8)
        bar.addWidget(self.name)
        bar.addWidget(self.place)
        bar.addStretch(1)
        bar.addWidget(self.labels)
        bar.addSpacing(8)
        bar.addWidget(self.before)
        bar.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.canvas, 1)
        bind(self.back.setToolTip, "studio.data.back_tip")
        bind(self.labels.setText, "studio.data.show_labels")
        bind(self.labels.setToolTip, "studio.data.labels_tip")

    def _connect(self) -> None:
        self.labels.toggled.connect(self.canvas.set_labels)
        keys = {**dict.fromkeys(_NEXT, 1), **dict.fromkeys(_BEFORE, -1)}
        for key, by in keys.items():
            self._shortcut(key).activated.connect(lambda by=by: self.step(by))
        self._shortcut("Esc").activated.connect(self.closed)

    def _shortcut(self, key: str) -> QShortcut:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return shortcut

    def show_row(self, row: int) -> None:
        """Show the picture in a row of the model; nothing happens where there is none."""
        picture = self._pictures.picture(row)
        if picture is None:
            return
        self.row = row
        self.canvas.show_picture(picture, self._pictures.classes)
        following = self._pictures.picture(row + 1)
        if following is not None:
            self.canvas.prefetch(following.path)
        self._tell()
        self.shown.emit(picture)

    def step(self, by: int) -> None:
        """Go on by so many pictures; stops at both ends."""
        self.show_row(self.row + by)

    def picture(self) -> Picture | None:
        """What is shown."""
        return self.canvas.picture

    def _tell(self) -> None:
        picture = self.picture()
        if picture is None:
            return
        count = self._pictures.rowCount()
        self.name.setText(Path(picture.path).name)
        size = f"{picture.width} × {picture.height} px"
        self.place.setText(
            tr("studio.data.place", number=self.row + 1, count=count, part=part_name(picture.split), size=size)
        )
        self.before.setEnabled(self.row > 0)
        self.next.setEnabled(self.row + 1 < count)
