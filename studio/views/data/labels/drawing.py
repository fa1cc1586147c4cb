"""How boxes look that are being corrected: the chosen one with its handles, and the pointer's shape over each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.contract.dataset import Box
from studio.presenters.data.box_geometry import HANDLES, Edges, Handle, handle_place
from studio.views.pictures.boxes import box_rect, class_colour, paint_boxes, paint_label

REACH = 7.0
"""So many pixels of the screen from a handle it is taken hold of."""
_SIDE = 8.0
_EDGES = 40.0
"""A box narrower than this on the screen shows the handles of its corners alone."""
_INK, _PAPER = QColor(0, 0, 0, 170), QColor("#ffffff")
_CURSORS = {
    "nw": Qt.CursorShape.SizeFDiagCursor, "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor, "sw": Qt.CursorShape.SizeBDiagCursor,
    "n": Qt.CursorShape.SizeVerCursor, "s": Qt.CursorShape.SizeVerCursor,
    "e": Qt.CursorShape.SizeHorCursor, "w": Qt.CursorShape.SizeHorCursor,
}  # fmt: skip


def cursor_of(handle: Handle) -> Qt.CursorShape:
    """The pointer over a handle: which way it pulls."""
    return _CURSORS[handle]


def with_edges(box: Box, edges: Edges) -> Box:
    """A box as it would be at other edges."""
    return replace(box, x1=edges[0], y1=edges[1], x2=edges[2], y2=edges[3])


def paint_edited(
    painter: QPainter, boxes: Sequence[Box], size: QSizeF, area: QRectF, classes: Sequence[str], selected: int | None
) -> None:
    """Draw boxes that can be changed, the selected one above the others."""
    paint_boxes(painter, boxes, size, area, width=2.0, classes=classes)
    if selected is None or selected >= len(boxes):
        return
    box = boxes[selected]
    rect, colour = box_rect(box, size, area), class_colour(box.class_id)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    tint = QColor(colour)
    tint.setAlphaF(0.18)
    painter.fillRect(rect, tint)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.DashLine if box.difficult or box.crowd else Qt.PenStyle.SolidLine
    for pen in (QPen(_INK, 5.0), QPen(colour, 3.0, style)):
        painter.setPen(pen)
        painter.drawRect(rect)
    if classes:
        paint_label(painter, classes[box.class_id], colour, rect, area)
    _paint_handles(painter, box, size, area, rect)
    painter.restore()


def paint_new(painter: QPainter, edges: Edges, size: QSizeF, area: QRectF, colour: QColor) -> None:
    """A box that is being drawn."""
    rect = box_rect(Box(0, *edges), size, area)
    painter.save()
    painter.setBrush(QColor(colour.red(), colour.green(), colour.blue(), 46))
    for pen in (QPen(_INK, 4.0), QPen(colour, 2.0, Qt.PenStyle.DashLine)):
        painter.setPen(pen)
        painter.drawRect(rect)
    painter.restore()


def _paint_handles(painter: QPainter, box: Box, size: QSizeF, area: QRectF, rect: QRectF) -> None:
    painter.setPen(QPen(_INK, 1.0))
    painter.setBrush(_PAPER)
    across, down = area.width() / size.width(), area.height() / size.height()
    for handle in shown_handles(rect.width(), rect.height()):
        x, y = handle_place((box.x1, box.y1, box.x2, box.y2), handle)
        spot = QRectF(0, 0, _SIDE, _SIDE)
        spot.moveCenter(QPointF(area.left() + x * across, area.top() + y * down))
        painter.drawRect(spot)


def shown_handles(width: float, height: float) -> list[Handle]:
    """The handles of a box of that size on the screen."""
    return [
        handle
        for handle in HANDLES
        if len(handle) == 2 or (width >= _EDGES if handle in ("n", "s") else height >= _EDGES)
    ]
