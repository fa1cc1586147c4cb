"""The queue on screen: a row for each entry, moved by keys and by dragging."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTreeView,
    QWidget,
)

from studio.bound_texts import bind, on_language
from studio.presenters.queue.queue_rows import COLUMNS, QueueRow
from studio.theme import palette, theme
from studio.views.queue.model import ROW_ROLE, QueueModel
from studio.views.shared.chips import CHIP_HEIGHT, chip_width, paint_chip
from studio.views.shared.table_rows import LEFT, RIGHT, RowDelegate
from studio.widgets.model_index import AnyIndex

ROW_HEIGHT = 32
_WIDTHS = {"place": 40, "kind": 92, "project": 120, "state": 176, "time": 176}
_PAD, _EDGE, _BAR = 6, 12, 4
_KEYS = {Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down", Qt.Key.Key_Home: "top", Qt.Key.Key_End: "end"}


class QueueCellDelegate(RowDelegate):
    """Paints a cell: texts, and the state as a chip with a bar beside it."""

    def paint_cell(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        """Draw a text, or the state."""
        row: QueueRow = index.data(ROW_ROLE)
        column = COLUMNS[index.column()]
        inner = rect.adjusted(_EDGE if column == "place" else _PAD, 0, -_PAD, 0)
        if column == "state":
            self._paint_state(painter, inner, row)
            return
        quiet = column in ("place", "kind", "project")
        painter.setPen(QColor(palette().muted if quiet else palette().text))
        mode = Qt.TextElideMode.ElideMiddle if column == "title" else Qt.TextElideMode.ElideRight
        painter.drawText(inner, LEFT, painter.fontMetrics().elidedText(row.cells[column], mode, inner.width()))

    def _paint_state(self, painter: QPainter, rect: QRect, row: QueueRow) -> None:
        colours, text, middle = palette(), row.cells["state"], rect.center().y() + 0.5
        width = min(chip_width(text, painter.font()), rect.width())
        chip = QRectF(rect.left(), middle - CHIP_HEIGHT / 2, width, CHIP_HEIGHT)
        paint_chip(painter, text, QColor(getattr(colours, row.tone or "muted")), chip)
        if not row.at_work or row.percent is None:
            return
        font = QFont(painter.font())
        font.setPixelSize(12)
        painter.setFont(font)
        number = f"{row.percent:.0f} %"
        room = painter.fontMetrics().horizontalAdvance("100 %") + 4
        painter.setPen(QColor(colours.text))
        painter.drawText(rect, RIGHT, number)
        bar = QRectF(chip.right() + 8, middle - _BAR / 2, rect.right() - room - chip.right() - 12, _BAR)
        if bar.width() < 12:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        bar.setWidth(max(_BAR, bar.width() * row.percent / 100))
        painter.setBrush(QColor(colours.info))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)


class QueueTable(QTreeView):
    """`asked` tells what is wanted of the selected entry: up, down, top, end, toggle, cancel, show, menu."""

    asked = Signal(str)
    current_changed = Signal()

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._kept: int | None = None
        self._place = 0
        self.setModel(model)
        self.setItemDelegate(QueueCellDelegate(ROW_HEIGHT, self))
        self.setObjectName("queue")
        self.setProperty("role", "bare")
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self._size_columns()
        bind(self.setAccessibleName, "studio.queue.list")
        model.modelReset.connect(self._restore)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.doubleClicked.connect(lambda _: self.asked.emit("show"))
        theme.changed.connect(self.viewport().update)
        on_language(self.viewport().update)

    def current(self) -> QueueRow | None:
        """The selected entry."""
        place = self._model.place(self._kept)
        return self._model.rows[place] if place is not None else None

    def select(self, number: int | None) -> None:
        """Select an entry."""
        self._kept = number
        self._restore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Alt with the arrows moves it, Space pauses it or has it go on, Delete cancels it, Enter shows it."""
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in _KEYS:
            self.asked.emit(_KEYS[key])
        elif key == Qt.Key.Key_Delete:
            self.asked.emit("cancel")
        elif key == Qt.Key.Key_Space:
            self.asked.emit("toggle")
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked.emit("show")
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """By the right button, or by the key for it."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            if not index.isValid():
                return
            self.setCurrentIndex(index)
        self.asked.emit("menu")

    def _size_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(30)
        for place, column in enumerate(COLUMNS):
            stretches = column == "title"
            mode = QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(place, mode)
            if not stretches:
                header.resizeSection(place, _WIDTHS[column])

    def _on_current(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            self._kept, self._place = self._model.rows[index.row()].number, index.row()
        self.current_changed.emit()

    def _restore(self) -> None:
        """After entries came, went or moved, the same one stays selected."""
        place = self._model.place(self._kept)
        if place is None and self._model.rows:
            place = min(self._place, len(self._model.rows) - 1)  # its place is another's now
        if place is not None:
            self.setCurrentIndex(self._model.index(place, 0))
        else:
            self._kept, self._place = None, 0
        self.current_changed.emit()
