"""One picture, large, with its boxes; the box under the mouse stands out and is named."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.contract.dataset import Picture
from studio.theme import palette, theme
from studio.views.pictures.boxes import box_rect, paint_boxes
from studio.views.pictures.loading import PictureLoader
from studio.views.pictures.thumbnail_delegate import paint_missing
from studio.views.pictures.thumbnails import describe
from studio.views.pictures.zoomed import ZoomedWidget

_LARGEST = QSize(2048, 2048)
_MARGIN = 16


class PictureCanvas(ZoomedWidget):
    """Shows a picture as large as there is room, or zoomed into; `lit_changed` tells the box under the mouse, or -1."""

    lit_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(320, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.loader = PictureLoader(_LARGEST, budget=96 << 20, parent=self)
        self.loader.loaded.connect(self._arrived)
        self.picture: Picture | None = None
        self.classes: tuple[str, ...] = ()
        self.labels = True
        self.lit: int | None = None
        theme.changed.connect(self.update)

    def show_picture(self, picture: Picture | None, classes: tuple[str, ...]) -> None:
        """Show another picture; None shows nothing."""
        if picture is None or self.picture is None or picture.path != self.picture.path:
            self.fit()
        self.picture, self.classes, self.lit = picture, classes, None
        self.setAccessibleName(describe(picture, classes) if picture is not None else "")
        self.update()

    def prefetch(self, path: str) -> None:
        """Decode a picture that is likely to be next."""
        self.loader.picture(path)

    def light(self, number: int | None) -> None:
        """Let one box stand out, from outside; tells nobody."""
        if number != self.lit:
            self.lit = number
            self.update()

    def set_labels(self, shown: bool) -> None:
        """Show the class of every box, or only of the one under the mouse."""
        self.labels = shown
        self.update()

    def picture_size(self) -> QSizeF:
        """The size that the index tells."""
        return QSizeF(self.picture.width, self.picture.height) if self.picture is not None else QSizeF()

    def room(self) -> QRectF:
        """All but a margin, in which the labels of boxes at the edge find room."""
        return QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Picture, boxes, labels; a frame until it is decoded, a crossed one when it cannot be."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(palette().window))
        if self.picture is None:
            return
        area, image = self.area(), self.loader.picture(self.picture.path)
        if image is None:
            painter.fillRect(area, QColor(palette().surface))
            return
        if image.isNull():
            painter.fillRect(area, QColor(palette().surface))
            paint_missing(painter, area)
            return
        painter.setClipRect(self.room().adjusted(-2, -2, 2, 2))
        painter.drawImage(area, image)
        self.paint_labels(painter, area)

    def paint_labels(self, painter: QPainter, area: QRectF) -> None:
        """The boxes of the picture, which lies on `area`."""
        boxes = self.picture.boxes if self.picture is not None else ()
        named = self.classes if self.labels or self.lit is not None else ()
        paint_boxes(painter, boxes, self.picture_size(), area, width=2.0, classes=named, lit=self.lit)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Light the smallest box under the mouse, or move the picture that is held."""
        super().mouseMoveEvent(event)
        if self.picture is None or event.buttons() != Qt.MouseButton.NoButton:
            return
        size, area = self.picture_size(), self.area()
        rects = [box_rect(box, size, area) for box in self.picture.boxes]
        below = [number for number, rect in enumerate(rects) if rect.contains(event.position())]
        self._set_lit(min(below, key=lambda number: rects[number].width() * rects[number].height(), default=None))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """No box stands out any more."""
        self._set_lit(None)

    def _set_lit(self, number: int | None) -> None:
        if number != self.lit:
            self.lit = number
            self.update()
            self.lit_changed.emit(-1 if number is None else number)

    def _arrived(self, path: str) -> None:
        if self.picture is not None and path == self.picture.path:
            self.update()
