"""A watched picture, large, in the place of the curves; the strip below goes on to say which epoch is seen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from studio.bound_texts import bind
from studio.i18n import tr
from studio.presenters.train.looks import Frame
from studio.views.pictures.loading import PictureLoader
from studio.views.pictures.picture_view import PictureView
from studio.views.train.watched.tile import boxes_of, frame_size
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Elided

_LARGEST = QSize(2048, 2048)


class EnlargedPicture(QWidget):
    """View and bar; `closed` by Esc or the button, `turned` by A and D or the arrows beside the name."""

    closed = Signal()
    turned = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame: Frame | None = None
        self.view = PictureView()
        self.loader = PictureLoader(_LARGEST, budget=64 << 20, parent=self)
        self.loader.loaded.connect(self._show_picture)
        self.back = Button("studio.train.watched_back", self.closed.emit, "quiet", "chevron-left")
        bind(self.back.setToolTip, "studio.train.watched_back_tip")
        self.name = Elided("", "heading")
        self.labels = QCheckBox()
        self.labels.setChecked(True)
        bind(self.labels.setText, "studio.train.watched_labels")
        self.labels.toggled.connect(self.view.set_labels)
        self.fit = IconButton("fit", "studio.pictures.fit", self.view.fit)
        self.before = IconButton("chevron-left", "studio.train.watched_previous", lambda: self.turned.emit(-1))
        self.next = IconButton("chevron-right", "studio.train.watched_next", lambda: self.turned.emit(1))
        self.view.turned.connect(self.turned)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.back)
        bar.addWidget(self.name, 1)
        for widget in (self.labels, self.fit, self.before, self.next):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)

    def show_frame(self, frame: Frame, words: str, threshold: float, truth: bool) -> None:
        """Show a picture; `words` say what is seen. Another picture is shown whole, the same as it was zoomed."""
        if self.frame is None or self.frame.path != frame.path:
            self.view.fit()
        self.frame = frame
        name = Path(frame.path).name
        self.name.set_full(f"{name}  ·  {words}")
        self.view.setAccessibleName(f"{name}, {words}")
        self.view.set_boxes(boxes_of(frame, threshold, truth))
        self._show_picture(frame.path)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc goes back; the arrows are the page's, which goes through the epochs."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _show_picture(self, path: str) -> None:
        if self.frame is None or path != self.frame.path:
            return
        image = self.loader.picture(path)
        unreadable = image is not None and image.isNull()
        self.view.set_hint(tr("studio.data.picture_gone") if unreadable else "")
        self.view.set_picture(image or QImage(), frame_size(self.frame, image) if image else None)
