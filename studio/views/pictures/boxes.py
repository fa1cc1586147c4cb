"""Boxes on a picture: the colour of each class, and how a box with its label is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from engine.contract.dataset import Box
from studio.i18n import tr

# Light enough for dark letters, apart from each other in hue and in lightness; the same in both themes, as the
# pictures below them are.
_COLOURS = (
    "#F2C14E", "#57C7F5", "#FF8A7A", "#9CD36A", "#C9A0F2", "#52D6B8", "#F59AC0", "#A9B4FF", "#DDE26A", "#FFAE5C",
)  # fmt: skip
_INK = "#14181B"
_GOLDEN_ANGLE = 137.508
_PAD = 4.0


def class_colour(class_id: int) -> QColor:
    """The colour of a class, by its place in the class list; never the same for two neighbours."""
    if class_id < len(_COLOURS):
        return QColor(_COLOURS[class_id])
    return QColor.fromHsvF((class_id * _GOLDEN_ANGLE) % 360 / 360, 0.5, 0.95)


def count_boxes(count: int) -> str:
    """How many boxes, in words."""
    return tr("studio.data.box_count", count=count)


def fitted(size: QSizeF, area: QRectF) -> QRectF:
    """Where something of `size` lies when it is made to fit `area`, in its middle, with its proportions kept."""
    if size.isEmpty():
        return area
    inside = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    corner = area.center() - QPointF(inside.width() / 2, inside.height() / 2)
    return QRectF(corner, inside)


def box_rect(box: Box, size: QSizeF, area: QRectF) -> QRectF:
    """A box of a picture of `size` pixels as a rectangle on `area`, where the picture is drawn."""
    x, y = area.width() / size.width(), area.height() / size.height()
    corner = QPointF(area.left() + box.x1 * x, area.top() + box.y1 * y)
    return QRectF(corner, QSizeF((box.x2 - box.x1) * x, (box.y2 - box.y1) * y))


def paint_boxes(
    painter: QPainter,
    boxes: Sequence[Box],
    size: QSizeF,
    area: QRectF,
    *,
    width: float = 1.5,
    classes: Sequence[str] = (),
    lit: int | None = None,
) -> None:
    """Draw boxes of a picture of `size` pixels on `area`; labels where `classes` are given; `lit` stands out."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rects = [box_rect(box, size, area) for box in boxes]
    for number, (box, rect) in enumerate(zip(boxes, rects, strict=True)):
        colour = class_colour(box.class_id)
        if lit is not None and number != lit:
            colour.setAlphaF(0.35)
        # A dark line below makes a light one visible on snow, and the other way round.
        painter.setPen(QPen(QColor(0, 0, 0, 110), width + 1.5))
        painter.drawRect(rect)
        style = Qt.PenStyle.DashLine if box.difficult or box.crowd else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, width + (1.0 if number == lit else 0.0), style))
        painter.drawRect(rect)
    if classes:
        for number, (box, rect) in enumerate(zip(boxes, rects, strict=True)):
            if lit is None or number == lit:
                paint_label(painter, classes[box.class_id], class_colour(box.class_id), rect, area)
    painter.restore()


def paint_label(
    painter: QPainter, text: str, colour: QColor, rect: QRectF, area: QRectF, *, below: bool = False
) -> None:
    """A tag above `rect` or `below` it, or inside it where there is no room there; it never leaves `area`."""
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    tag = QRectF(0, 0, metrics.horizontalAdvance(text) + 2 * _PAD, metrics.height() + 2)
    if below:
        tag.moveTopLeft(rect.bottomLeft())
        if tag.bottom() > area.bottom():
            tag.moveBottom(rect.bottom())
    else:
        tag.moveBottomLeft(rect.topLeft())
        if tag.top() < area.top():
            tag.moveTop(rect.top())
    tag.moveLeft(max(area.left(), min(tag.left(), area.right() - tag.width())))
    painter.fillRect(tag, colour)
    painter.setPen(QColor(_INK))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
