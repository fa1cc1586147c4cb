"""A row of a list in two lines: a name with a word on its right, and what is less of a matter below."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from studio.theme import palette

ROW_HEIGHT = 52
_MIDDLE = Qt.TextElideMode.ElideMiddle


def paint_two_lines(painter: QPainter, option: QStyleOptionViewItem, left: str, right: str, below: str) -> None:
    """Draw the row with its ground."""
    rect: QRect = option.rect
    state: QStyle.StateFlag = option.state
    colours = palette()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.selection if selected else colours.hover))
        painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), 6, 6)
    inner = rect.adjusted(12, 6, -12, -6)
    metrics = painter.fontMetrics()
    align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    upper = QRect(inner.left(), inner.top(), inner.width(), 20)
    lower = QRect(inner.left(), inner.bottom() - 19, inner.width(), 20)
    room = upper.width() - metrics.horizontalAdvance(right) - 16
    painter.setPen(QColor(colours.text))
    painter.drawText(upper, align, metrics.elidedText(left, _MIDDLE, room))
    painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
    painter.setPen(QColor(colours.muted))
    painter.drawText(lower, align, metrics.elidedText(below, _MIDDLE, lower.width()))
    painter.restore()
