"""The list of the project's exports, latest first."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.numbers import show_value
from studio.stores.phone.exports import Export, ExportsStore
from studio.theme import palette, theme

_EXPORT = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 52
MODEL = "model.nb"


class ExportDelegate(QStyledItemDelegate):
    """Two lines an export: run, target and precision; size, time and folder."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:  # noqa: N802
        """Two lines."""
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        """Draw an export."""
        export: Export = index.data(_EXPORT)  # type: ignore[attr-defined]
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
        kind = f"{export.job.target}  {export.job.precision}"
        room = upper.width() - metrics.horizontalAdvance(kind) - 16
        painter.setPen(QColor(colours.text))
        painter.drawText(upper, align, metrics.elidedText(export.run, Qt.TextElideMode.ElideMiddle, room))
        painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, kind)
        painter.setPen(QColor(colours.muted))
        painter.drawText(lower, align, metrics.elidedText(export_line(export), _MIDDLE, lower.width()))
        painter.restore()


_MIDDLE = Qt.TextElideMode.ElideMiddle


class ExportList(QListWidget):
    """The exports; `chosen` tells the one that is selected, None for none."""

    chosen = Signal(object)

    def __init__(self, store: ExportsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._wish: Path | None = None
        self.setProperty("role", "bare")
        self.setItemDelegate(ExportDelegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        store.changed.connect(self.reload)
        self.currentItemChanged.connect(lambda item: self.chosen.emit(item.data(_EXPORT) if item else None))
        on_language(self.viewport().update)
        theme.changed.connect(self.viewport().update)
        self.reload()

    def want(self, out: Path) -> None:
        """Select the export into this folder as soon as it is there."""
        self._wish = out

    def reload(self) -> None:
        """Show the store's exports; the selected one stays so."""
        item = self.currentItem()
        kept = self._wish or (item.data(_EXPORT).out if item else None)
        self.clear()
        for export in self._store.exports:
            entry = QListWidgetItem(f"{export.run} {export.job.target} {export.job.precision}")
            entry.setData(_EXPORT, export)
            entry.setToolTip(str(export.out))
            self.addItem(entry)
        outs = [export.out for export in self._store.exports]
        if self._wish in outs:
            self._wish = None
        if outs:
            self.setCurrentRow(outs.index(kept) if kept in outs else 0)


def export_line(export: Export) -> str:
    """Size, time and folder of an export."""
    size = next((file.size for file in export.files if file.name == MODEL), None)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(export.time))
    told = show_value(float(size), "bytes") if size is not None else tr("studio.phone.gone_short")
    return f"{told}   {when}   {export.out}"
