"""How one thumbnail is drawn: the picture with its boxes, its name, its split, how many boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.contract.dataset import Part, Picture
from studio.i18n import tr
from studio.theme import palette, pixmap
from studio.views.pictures.boxes import count_boxes, fitted, paint_boxes
from studio.views.pictures.loading import PictureLoader

TILE = QSize(192, 144)
CAPTION = 24
SPACE = 16
RADIUS = 6.0
MARK = 22
PICTURE_ROLE = int(Qt.ItemDataRole.UserRole)


def part_colour(part: Part) -> QColor:
    """The colour of a split in dots and bars."""
    series = palette().series
    return QColor({"train": series[0], "val": series[1], "test": series[2], "none": palette().border_strong}[part])


class ThumbnailDelegate(QStyledItemDelegate):
    """Draws a tile; `boxes` and `labels` say what lies on the picture."""

    def __init__(self, loader: PictureLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self.boxes = True
        self.labels = False
        self.classes: tuple[str, ...] = ()
        self.cell = TILE + QSize(SPACE, SPACE + CAPTION)
        self.is_marked: Callable[[Picture], bool] = lambda picture: False
        """Which pictures have a mark in the corner: those whose labels were corrected."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One tile, in the middle of its cell."""
        picture = index.data(PICTURE_ROLE)
        if not isinstance(picture, Picture):
            return
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        tile = QRectF(cell).adjusted(1, 1, -SPACE, -SPACE - CAPTION)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_picture(painter, tile, picture, self.labels or hovered)
        colour = palette().accent if hovered or focused else palette().border
        painter.setPen(QPen(QColor(colour), 2 if focused else 1))
        painter.drawRoundedRect(tile, RADIUS, RADIUS)
        if self.is_marked(picture):
            paint_mark(painter, tile)
        self._paint_caption(painter, QRectF(tile.left(), tile.bottom() + 4, tile.width(), CAPTION - 4), picture)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        """A whole cell of the view's grid."""
        return self.cell

    def _paint_picture(self, painter: QPainter, tile: QRectF, picture: Picture, labels: bool) -> None:
        painter.save()
        clip = QPainterPath()
        clip.addRoundedRect(tile, RADIUS, RADIUS)
        painter.setClipPath(clip)
        painter.fillRect(tile, QColor(palette().sunken))
        image = self._loader.picture(picture.path)
        if image is not None and image.isNull():
            paint_missing(painter, tile)
        else:
            size = QSizeF(picture.width, picture.height)
            area = fitted(size, tile)
            if image is not None:
                painter.drawImage(area, image)
            if self.boxes and image is not None:
                paint_boxes(painter, picture.boxes, size, area, classes=self.classes if labels else ())
        painter.restore()

    def _paint_caption(self, painter: QPainter, area: QRectF, picture: Picture) -> None:
        font = QFont(painter.font())
        font.setPixelSize(12)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(part_colour(picture.split))
        painter.drawEllipse(QPointF(area.left() + 5, area.center().y()), 3.5, 3.5)
        count = count_boxes(len(picture.boxes))
        width = metrics.horizontalAdvance(count)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(palette().muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | middle, count)
        room = area.adjusted(14, 0, -width - 8, 0)
        name = metrics.elidedText(Path(picture.path).name, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.setPen(QColor(palette().text))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | middle, name)


def paint_mark(painter: QPainter, tile: QRectF) -> None:
    """A pencil on a round ground in the corner of a tile."""
    ground = QRectF(tile.right() - MARK - 6, tile.top() + 6, MARK, MARK)
    painter.setPen(QPen(QColor(palette().surface), 1.5))
    painter.setBrush(QColor(palette().accent))
    painter.drawEllipse(ground)
    side = MARK - 8
    painter.drawPixmap(ground.topLeft() + QPointF(4, 4), pixmap("edit", palette().accent_text, side))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_missing(painter: QPainter, area: QRectF) -> None:
    """What stands where a picture cannot be read: a crossed frame and a word."""
    painter.save()
    side = min(40.0, area.height() / 3)
    frame = QRectF(0, 0, side * 1.25, side)
    frame.moveCenter(area.center() - QPointF(0, 10))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(palette().muted), 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawRoundedRect(frame, 4, 4)
    painter.drawLine(frame.bottomLeft() + QPointF(-5, 5), frame.topRight() + QPointF(5, -5))
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    below = QRectF(area.left(), frame.bottom() + 8, area.width(), 20)
    painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, tr("studio.data.picture_gone"))
    painter.restore()
