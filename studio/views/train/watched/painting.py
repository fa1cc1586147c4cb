"""A watched picture under what was found on it and, if wanted, what is really there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QImageIOHandler, QImageReader, QPainter, QPen

from studio.presenters.finds import Find, shown
from studio.presenters.train.looks import Frame
from studio.theme import palette
from studio.views.pictures.boxes import class_colour, fitted, paint_label
from studio.views.pictures.thumbnail_delegate import paint_missing

TRUTH = QColor("#FFFFFF")
_DARK = QColor(0, 0, 0, 150)


def paint_frame(
    painter: QPainter,
    frame: Frame,
    image: QImage | None,
    room: QRectF,
    *,
    threshold: float,
    truth: bool,
    labels: bool,
    width: float = 2.0,
) -> None:
    """Draw a picture into `room`: `image` None while it is on its way, null where it cannot be read."""
    if image is None:
        painter.fillRect(room, QColor(palette().sunken))
        return
    if image.isNull():
        painter.fillRect(room, QColor(palette().sunken))
        paint_missing(painter, room)
        return
    size = QSizeF(*frame.size) if frame.size else picture_size(frame.path, image)
    area = fitted(size, room)
    painter.drawImage(area, image)
    if truth:
        _paint(painter, frame.truth, size, area, labels=False, width=width, dashed=True)
    _paint(painter, shown(frame.finds, threshold), size, area, labels=labels, width=width)


def picture_size(path: str, image: QImage) -> QSizeF:
    """The size of a file in pixels, of which `image` may be a smaller copy; boxes are in the file's."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid():
        return QSizeF(image.size())
    turned = reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90
    return QSizeF(QSize(size.height(), size.width()) if turned else size)


def _paint(
    painter: QPainter,
    finds: Sequence[Find],
    size: QSizeF,
    area: QRectF,
    *,
    labels: bool,
    width: float,
    dashed: bool = False,
) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # The surest last, so that it lies above the others.
    for find in reversed(finds):
        rect = _rect(find, size, area)
        painter.setPen(QPen(_DARK, width + 1.5))
        painter.drawRect(rect)
        pen = QPen(TRUTH if dashed else class_colour(find.class_id), width)
        if dashed:
            pen.setDashPattern([2.0, 2.0])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawRect(rect)
    if labels:
        for find in reversed(finds):
            colour = class_colour(find.class_id)
            paint_label(painter, f"{find.label} {find.score:.2f}", colour, _rect(find, size, area), area)
    painter.restore()


def _rect(find: Find, size: QSizeF, area: QRectF) -> QRectF:
    x, y = area.width() / size.width(), area.height() / size.height()
    corner = QPointF(area.left() + find.x1 * x, area.top() + find.y1 * y)
    return QRectF(corner, QSizeF((find.x2 - find.x1) * x, (find.y2 - find.y1) * y))
