"""A picture under boxes of several kinds, with zoom and pan: what a page puts in wherever it shows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.presenters.finds import Find
from studio.theme import palette, theme
from studio.views.pictures.finds import Kind, paint_kinds
from studio.views.pictures.viewport import Viewport
from studio.views.pictures.zoomed import ZoomedWidget


class PictureView(ZoomedWidget):
    """A picture with boxes on it; the wheel zooms about the pointer, a drag moves, a double click or 0 shows all.

        view = PictureView()
        view.set_picture(image, QSizeF(picture.width, picture.height))
        view.set_boxes({"found": finds, "truth": truth_of(picture, classes)})
        view.set_caption("Epoch 12")

    `image` may have been decoded smaller than the file; boxes are in pixels of the file, whose size is the second
    argument. Kinds of boxes are told in `studio/views/pictures/finds.py`, with `BoxLegend`, which names them. What
    makes finds of the engine's answers and compares them is `studio/presenters/finds.py`. Without a picture the hint
    is shown. `turned` asks for the next (1) or the previous (-1) picture, by the keys D and A. Give several views one
    `viewport`, and connect `viewed` of each to `update` of the others, to have them zoomed together.
    """

    turned = Signal(int)

    def __init__(self, parent: QWidget | None = None, viewport: Viewport | None = None) -> None:
        super().__init__(parent, viewport)
        self.image = QImage()
        self.boxes: dict[Kind, list[Find]] = {}
        self._size = QSizeF()
        self._labels = True
        self._hint = self._caption = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 72)
        theme.changed.connect(self.update)

    def picture_size(self) -> QSizeF:
        """The size of the file, in whose pixels boxes are."""
        return self._size

    def set_picture(self, image: QImage, size: QSizeF | None = None) -> None:
        """Show a picture of a file of `size` pixels, as large as the image if not given; a null one shows the hint."""
        self.image = image
        self._size = QSizeF(image.size()) if size is None or size.isEmpty() else size
        if image.isNull():
            self._size = QSizeF()
        self.update()

    def set_boxes(self, boxes: Mapping[Kind, Sequence[Find]]) -> None:
        """Show these boxes instead of those before."""
        self.boxes = {kind: list(finds) for kind, finds in boxes.items()}
        self.update()

    def set_labels(self, on: bool) -> None:
        """Show or hide class names and scores."""
        self._labels = on
        self.update()

    def set_hint(self, text: str) -> None:
        """What stands in the middle while there is no picture."""
        self._hint = text
        self.update()

    def set_caption(self, text: str) -> None:
        """What stands on a plate in the lower left corner; none if empty."""
        self._caption = text
        self.setAccessibleName(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Picture, boxes, caption; or the hint."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if self.image.isNull():
            painter.setPen(QColor(palette().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
            return
        area = self.area()
        painter.setClipRect(self.visible_area())
        painter.drawImage(area, self.image)
        paint_kinds(painter, self.boxes, self._size, area, labels=self._labels)
        if self._caption:
            seen = self.visible_area()
            paint_plate(painter, seen.adjusted(4, 0, -4, -4), self._caption, None)
        if self.hasFocus():
            painter.setClipping(False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(palette().accent), 2))
            painter.drawRect(self.visible_area().adjusted(1, 1, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """A and D turn; 0, + and - zoom."""
        if event.key() in (Qt.Key.Key_A, Qt.Key.Key_D):
            self.turned.emit(-1 if event.key() == Qt.Key.Key_A else 1)
        else:
            super().keyPressEvent(event)


def paint_plate(
    painter: QPainter, room: QRectF, text: str, colour: str | None, *, right: bool = False, pixels: int = 11
) -> QRectF:
    """A dark plate with a text at the lower edge of `room`, at its left or right; the text is cut where it must be."""
    font = QFont(painter.font())
    font.setPixelSize(pixels)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    pad = pixels * 0.8
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room.width() - 2 * pad))
    plate = QRectF(0, 0, metrics.horizontalAdvance(shown) + 2 * pad, metrics.height() + pad)
    plate.moveBottomLeft(room.bottomLeft())
    if right:
        plate.moveRight(room.right())
    painter.setPen(QPen(QColor(colour), 2) if colour else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(20, 24, 27, 215))
    painter.drawRoundedRect(plate, 5, 5)
    painter.setPen(QColor("white"))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, shown)
    return plate
