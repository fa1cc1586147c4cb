"""A watched picture, large, in the place of the curves; the strip below goes on to say which epoch is seen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.bound_texts import bind
from studio.presenters.train.looks import Frame
from studio.theme import palette, theme
from studio.views.pictures.loading import PictureLoader
from studio.views.train.watched.painting import paint_frame
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Elided

_LARGEST = QSize(2048, 2048)


class FrameCanvas(QWidget):
    """The picture alone, as large as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame: Frame | None = None
        self.threshold, self.truth, self.labels = 0.5, False, True
        self.loader = PictureLoader(_LARGEST, budget=64 << 20, parent=self)
        self.loader.loaded.connect(self.update)
        self.setMinimumSize(160, 64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def set_labels(self, on: bool) -> None:
        """Show or hide class names and scores."""
        self.labels = on
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Picture and boxes."""
        if self.frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect())
        painter.fillRect(room, QColor(palette().sunken))
        paint_frame(
            painter,
            self.frame,
            self.loader.picture(self.frame.path),
            room,
            threshold=self.threshold,
            truth=self.truth,
            labels=self.labels,
        )


class EnlargedPicture(QWidget):
    """Canvas and its bar; `closed` by Esc or the button, `turned` by A and D or the arrows beside the name."""

    closed = Signal()
    turned = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = FrameCanvas()
        self.back = Button("studio.train.watched_back", self.closed.emit, "quiet", "chevron-left")
        bind(self.back.setToolTip, "studio.train.watched_back_tip")
        self.name = Elided("", "heading")
        self.labels = QCheckBox()
        self.labels.setChecked(True)
        bind(self.labels.setText, "studio.compare.labels")
        self.labels.toggled.connect(self.canvas.set_labels)
        self.before = IconButton("chevron-left", "studio.train.watched_previous", lambda: self.turned.emit(-1))
        self.next = IconButton("chevron-right", "studio.train.watched_next", lambda: self.turned.emit(1))
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.back)
        bar.addWidget(self.name, 1)
        for widget in (self.labels, self.before, self.next):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.canvas, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_frame(self, frame: Frame, words: str, threshold: float, truth: bool) -> None:
        """Show a picture; `words` say what is seen."""
        self.canvas.frame, self.canvas.threshold, self.canvas.truth = frame, threshold, truth
        name = Path(frame.path).name
        self.name.set_full(f"{name}  ·  {words}")
        self.canvas.setAccessibleName(f"{name}, {words}")
        self.canvas.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc goes back, A and D turn; the arrows are the page's, which goes through the epochs."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_A, Qt.Key.Key_D):
            self.turned.emit(-1 if event.key() == Qt.Key.Key_A else 1)
        else:
            super().keyPressEvent(event)
